/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Converts the ACLs of a tar entry to the form of the kernel's extended attributes. */
#include "config.h"
#include "lib/source/tar-acl.h"

#include <archive.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

/* Format and numbers: linux/posix_acl_xattr.h and linux/posix_acl.h. */
#define ACL_VERSION 2
#define ACL_UNDEFINED_ID 0xffffffffu

typedef struct {
  guint16 tag;
  guint16 permissions;
  guint32 id;
} AclEntry;

static guint16
tag_of (int archive_tag)
{
  switch (archive_tag)
    {
    case ARCHIVE_ENTRY_ACL_USER_OBJ:
      return 0x01;
    case ARCHIVE_ENTRY_ACL_USER:
      return 0x02;
    case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
      return 0x04;
    case ARCHIVE_ENTRY_ACL_GROUP:
      return 0x08;
    case ARCHIVE_ENTRY_ACL_MASK:
      return 0x10;
    case ARCHIVE_ENTRY_ACL_OTHER:
      return 0x20;
    default:
      return 0;
    }
}

/* The kernel wants entries by tag, then by id. */
static gint
compare_entries (gconstpointer a, gconstpointer b)
{
  const AclEntry *one = a, *other = b;

  if (one->tag != other->tag)
    return one->tag < other->tag ? -1 : 1;
  return one->id < other->id ? -1 : one->id > other->id;
}

/* GNU tar writes names, never numbers; they mean what they mean on this machine, as they
 * do to tar -x. */
static gboolean
id_of (int tag, int qualifier, const char *name, guint32 *id)
{
  char buffer[16384];
  struct passwd user, *found_user = NULL;
  struct group group, *found_group = NULL;
  guint64 number;

  if (qualifier >= 0)
    {
      *id = qualifier;
      return TRUE;
    }
  if (name == NULL)
    return FALSE;
  if (g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT32 - 1, &number, NULL))
    {
      *id = number;
      return TRUE;
    }
  if (tag == ARCHIVE_ENTRY_ACL_USER)
    getpwnam_r (name, &user, buffer, sizeof buffer, &found_user);
  else
    getgrnam_r (name, &group, buffer, sizeof buffer, &found_group);
  if (found_user != NULL)
    *id = found_user->pw_uid;
  else if (found_group != NULL)
    *id = found_group->gr_gid;
  return found_user != NULL || found_group != NULL;
}

static void
add_acl (DomuimgEntry *to, const char *xattr, GArray *entries)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint32 version = GUINT32_TO_LE (ACL_VERSION);

  g_array_sort (entries, compare_entries);
  g_byte_array_append (bytes, (const guint8 *) &version, sizeof version);
  for (guint i = 0; i < entries->len; i++)
    {
      AclEntry entry = g_array_index (entries, AclEntry, i);

      entry.tag = GUINT16_TO_LE (entry.tag);
      entry.permissions = GUINT16_TO_LE (entry.permissions);
      entry.id = GUINT32_TO_LE (entry.id);
      g_byte_array_append (bytes, (const guint8 *) &entry, sizeof entry);
    }
  domuimg_entry_add_xattr (to, xattr, bytes->data, bytes->len);
}

static gboolean
read_acl (struct archive_entry *from, DomuimgEntry *to, int type, const char *xattr,
          const char *archive_name, GError **error)
{
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (AclEntry));
  int got_type, permissions, tag, qualifier;
  const char *name;

  archive_entry_acl_reset (from, type);
  while (archive_entry_acl_next (from, type, &got_type, &permissions, &tag, &qualifier, &name)
         == ARCHIVE_OK)
    {
      AclEntry entry = { tag_of (tag), permissions & 7, ACL_UNDEFINED_ID };

      if ((tag == ARCHIVE_ENTRY_ACL_USER || tag == ARCHIVE_ENTRY_ACL_GROUP)
          && !id_of (tag, qualifier, name, &entry.id))
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                             "%s: the ACL of /%s names “%s”, whom this machine does not know; make "
                             "the archive without --acls, or add the name",
                             archive_name, to->path, name != NULL ? name : "");
      /* chmod(2) shows the mask as the group's bits where there is one; libarchive gives
       * those of the owning group. */
      if (tag == ARCHIVE_ENTRY_ACL_MASK && type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS)
        to->mode = (to->mode & ~070u) | (guint32) entry.permissions << 3;
      g_array_append_val (entries, entry);
    }
  /* Three entries say no more than the mode does. */
  if (entries->len > (type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS ? 3 : 0)
      && domuimg_entry_get_xattr (to, xattr) == NULL)
    add_acl (to, xattr, entries);
  return TRUE;
}

gboolean
domuimg_tar_read_acls (struct archive_entry *from, DomuimgEntry *to, const char *archive_name,
                       GError **error)
{
  if ((archive_entry_acl_types (from) & ARCHIVE_ENTRY_ACL_TYPE_POSIX1E) == 0)
    return TRUE;
  return read_acl (from, to, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access",
                   archive_name, error)
         && read_acl (from, to, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default",
                      archive_name, error);
}
