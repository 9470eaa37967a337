/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives the files of an unprivileged container's root the owners that they have inside of it. */
#include "config.h"
#include "lib/source/owners.h"

#include <string.h>

/* linux/posix_acl_xattr.h: a version, and entries of tag, permissions and ID. */
#define ACL_HEADER 4
#define ACL_ENTRY 8
#define ACL_USER 0x02
#define ACL_GROUP 0x08
/* linux/capability.h: revision 3 is revision 2 with the user whose namespace it is for. */
#define CAPABILITY_2_SIZE 20
#define CAPABILITY_3_SIZE 24
#define REVISION_MASK 0xff000000u
#define REVISION_2 0x02000000u
#define REVISION_3 0x03000000u

static gboolean
shift (guint32 *id, guint32 by)
{
  if (*id < by)
    return FALSE;
  *id -= by;
  return TRUE;
}

static guint32
read_u32 (const guint8 *at)
{
  guint32 value;

  memcpy (&value, at, sizeof value);
  return GUINT32_FROM_LE (value);
}

static void
write_u32 (guint8 *at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

static void
shift_acl (guint8 *acl, gsize size, guint32 uid, guint32 gid)
{
  for (gsize at = ACL_HEADER; at + ACL_ENTRY <= size; at += ACL_ENTRY)
    {
      guint tag = acl[at] | acl[at + 1] << 8;
      guint32 id = read_u32 (acl + at + 4);

      if ((tag == ACL_USER && shift (&id, uid)) || (tag == ACL_GROUP && shift (&id, gid)))
        write_u32 (acl + at + 4, id);
    }
}

/* What is for the root of the whole system needs no user, and kernels before 4.14 know none. The new
 * size. */
static gsize
shift_capability (guint8 *value, gsize size, guint32 uid)
{
  guint32 magic, root;

  if (size != CAPABILITY_3_SIZE)
    return size;
  magic = read_u32 (value);
  root = read_u32 (value + CAPABILITY_2_SIZE);
  if ((magic & REVISION_MASK) != REVISION_3 || !shift (&root, uid))
    return size;
  write_u32 (value + CAPABILITY_2_SIZE, root);
  if (root != 0)
    return size;
  write_u32 (value, (magic & ~REVISION_MASK) | REVISION_2);
  return CAPABILITY_2_SIZE;
}

static void
shift_xattr (DomuimgXattr *xattr, guint32 uid, guint32 gid)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (xattr->value, &size);
  g_autofree guint8 *value = g_memdup2 (data, size);

  if (g_str_has_prefix (xattr->name, "system.posix_acl_"))
    shift_acl (value, size, uid, gid);
  else if (g_str_equal (xattr->name, "security.capability"))
    size = shift_capability (value, size, uid);
  else
    return;
  g_bytes_unref (xattr->value);
  xattr->value = g_bytes_new (value, size);
}

gboolean
domuimg_owners_shift (DomuimgEntry *entry, guint32 uid, guint32 gid)
{
  gboolean is_user = shift (&entry->uid, uid);
  gboolean is_group = shift (&entry->gid, gid);

  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    shift_xattr (g_ptr_array_index (entry->xattrs, i), uid, gid);
  return is_user && is_group;
}
