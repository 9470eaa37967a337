/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads and sets extended attributes through libguestfs, which takes a value as a string, so that
 * nothing can follow a NUL in it; ACLs and capabilities, which are full of NULs, have calls of
 * their own, which take text. */
#include "config.h"
#include "lib/fs/guestfs/xattr.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/fs/guestfs/read.h"

#define CAPABILITY "security.capability"

/* include/uapi/linux/posix_acl_xattr.h: a version of 4 bytes, then tag, permissions, id. */
static char *
acl_to_text (GBytes *value)
{
  static const struct {
    guint16 tag;
    const char *name;
    gboolean has_id;
  } tags[] = { { 0x01, "u", FALSE }, { 0x02, "u", TRUE },  { 0x04, "g", FALSE },
               { 0x08, "g", TRUE },  { 0x10, "m", FALSE }, { 0x20, "o", FALSE } };
  DomuimgBytes bytes = domuimg_bytes_of (value);
  GString *text = g_string_new (NULL);
  guint16 tag, bits;
  guint32 id;

  for (gsize at = 4; domuimg_bytes_le16 (bytes, at, &tag) && domuimg_bytes_le16 (bytes, at + 2, &bits)
                     && domuimg_bytes_le32 (bytes, at + 4, &id);
       at += 8)
    for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
      if (tags[i].tag == tag)
        {
          g_string_append_printf (text, "%s%s:", text->len > 0 ? "," : "", tags[i].name);
          if (tags[i].has_id)
            g_string_append_printf (text, "%u", id);
          g_string_append_printf (text, ":%c%c%c", (bits & 4) != 0 ? 'r' : '-',
                                  (bits & 2) != 0 ? 'w' : '-', (bits & 1) != 0 ? 'x' : '-');
        }
  return g_string_free (text, FALSE);
}

/* cap_from_text(3), with numbers for names; NULL for what it cannot say. */
static char *
capability_to_text (GBytes *value)
{
  DomuimgBytes bytes = domuimg_bytes_of (value);
  g_autoptr (GString) text = g_string_new ("=");
  guint32 magic, permitted, inheritable;

  if (bytes.size != XATTR_CAPS_SZ_2 || !domuimg_bytes_le32 (bytes, 0, &magic)
      || (magic & VFS_CAP_REVISION_MASK) != VFS_CAP_REVISION_2)
    return NULL;
  for (guint word = 0; word < VFS_CAP_U32_2; word++)
    {
      if (!domuimg_bytes_le32 (bytes, 4 + 8 * word, &permitted)
          || !domuimg_bytes_le32 (bytes, 8 + 8 * word, &inheritable))
        return NULL;
      for (guint bit = 0; bit < 32; bit++)
        {
          gboolean p = (permitted >> bit & 1) != 0, i = (inheritable >> bit & 1) != 0;

          if (p || i)
            g_string_append_printf (text, " %u+%s%s%s", 32 * word + bit, p ? "p" : "",
                                    i ? "i" : "",
                                    (magic & VFS_CAP_FLAGS_EFFECTIVE) != 0 ? "e" : "");
        }
    }
  return g_strdup (text->str);
}

static gboolean
cannot_set (DomuimgGuestfs *self, const char *path, const char *name, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: /%s: libguestfs cannot set this value of the attribute %s", self->name,
                       path, name);
}

static gboolean
set_plain (DomuimgGuestfs *self, const char *real, const char *path, const DomuimgXattr *xattr,
           GError **error)
{
  gsize size;
  const char *value = g_bytes_get_data (xattr->value, &size);
  const char *zero = size > 0 ? memchr (value, '\0', size) : NULL;
  g_autofree char *text = g_strndup (value != NULL ? value : "", size);

  if (zero != NULL && (gsize) (zero - value) + 1 < size)
    return cannot_set (self, path, xattr->name, error);
  return guestfs_lsetxattr (self->handle, xattr->name, text, (int) size, real) == 0
         || domuimg_guestfs_fail (self, error, "setting %s of /%s", xattr->name, path);
}

static gboolean
set_one (DomuimgGuestfs *self, const char *real, const char *path, const DomuimgXattr *xattr,
         GError **error)
{
  g_autofree char *text = NULL;
  int result;

  if (g_str_has_prefix (xattr->name, "system.posix_acl_"))
    {
      text = acl_to_text (xattr->value);
      result = guestfs_acl_set_file (self->handle, real,
                                     xattr->name + strlen ("system.posix_acl_"), text);
    }
  else if (g_str_equal (xattr->name, CAPABILITY))
    {
      text = capability_to_text (xattr->value);
      if (text == NULL)
        return cannot_set (self, path, xattr->name, error);
      result = guestfs_cap_set_file (self->handle, real, text);
    }
  else
    return set_plain (self, real, path, xattr, error);
  return result == 0
         || domuimg_guestfs_fail (self, error, "setting %s of /%s", xattr->name, path);
}

static gboolean
drop_others (DomuimgGuestfs *self, const char *real, const DomuimgEntry *entry, GError **error)
{
  struct guestfs_xattr_list *list = guestfs_lgetxattrs (self->handle, real);
  gboolean ok = TRUE;

  /* vfat and its like have none, and say so as an error. */
  if (list == NULL)
    return guestfs_last_errno (self->handle) == EOPNOTSUPP
           || domuimg_guestfs_fail (self, error, "reading the attributes of /%s", entry->path);
  for (guint i = 0; ok && i < list->len; i++)
    {
      const char *name = list->val[i].attrname;

      if (!domuimg_guestfs_is_shadow (name) && domuimg_entry_get_xattr (entry, name) == NULL
          && guestfs_lremovexattr (self->handle, name, real) != 0)
        ok = domuimg_guestfs_fail (self, error, "removing %s of /%s", name, entry->path);
    }
  guestfs_free_xattr_list (list);
  return ok;
}

gboolean
domuimg_guestfs_set_xattrs (DomuimgGuestfs *self, const char *real, const DomuimgEntry *entry,
                            GError **error)
{
  if (!drop_others (self, real, entry, error))
    return FALSE;
  for (guint i = 0; entry->xattrs != NULL && i < entry->xattrs->len; i++)
    if (!set_one (self, real, entry->path, g_ptr_array_index (entry->xattrs, i), error))
      return FALSE;
  return TRUE;
}
