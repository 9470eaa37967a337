/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An entry of a tree: type, owner, mode, times, extended attributes. */
#include "config.h"
#include "lib/tree/entry.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static const guint32 format_bits[] = {
  [DOMUIMG_ENTRY_FILE] = S_IFREG,
  [DOMUIMG_ENTRY_DIRECTORY] = S_IFDIR,
  [DOMUIMG_ENTRY_SYMLINK] = S_IFLNK,
  [DOMUIMG_ENTRY_CHAR_DEVICE] = S_IFCHR,
  [DOMUIMG_ENTRY_BLOCK_DEVICE] = S_IFBLK,
  [DOMUIMG_ENTRY_FIFO] = S_IFIFO,
  [DOMUIMG_ENTRY_SOCKET] = S_IFSOCK,
  /* What it is another name of is not known here; streams send none but of files. */
  [DOMUIMG_ENTRY_HARD_LINK] = S_IFREG,
};

DomuimgXattr *
domuimg_xattr_new (const char *name, const void *value, gsize size)
{
  DomuimgXattr *self = g_new (DomuimgXattr, 1);

  self->name = g_strdup (name);
  self->value = g_bytes_new (value, size);
  return self;
}

void
domuimg_xattr_free (DomuimgXattr *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_bytes_unref (self->value);
  g_free (self);
}

static gpointer
copy_xattr (gconstpointer source, gpointer user_data)
{
  const DomuimgXattr *xattr = source;
  DomuimgXattr *self = g_new (DomuimgXattr, 1);

  self->name = g_strdup (xattr->name);
  self->value = g_bytes_ref (xattr->value);
  return self;
}

DomuimgEntry *
domuimg_entry_new (const char *path, DomuimgEntryType type, guint32 mode)
{
  DomuimgEntry *self = g_new0 (DomuimgEntry, 1);

  self->path = g_strdup (path);
  self->type = type;
  self->mode = mode & 07777;
  self->mtime.sec = DOMUIMG_TIME_NOT_GIVEN;
  self->nlink = 1;
  return self;
}

DomuimgEntry *
domuimg_entry_copy (const DomuimgEntry *self)
{
  DomuimgEntry *copy = g_new (DomuimgEntry, 1);

  *copy = *self;
  copy->path = g_strdup (self->path);
  copy->target = g_strdup (self->target);
  copy->xattrs = NULL;
  if (self->xattrs != NULL)
    {
      copy->xattrs = g_ptr_array_copy (self->xattrs, copy_xattr, NULL);
      g_ptr_array_set_free_func (copy->xattrs, (GDestroyNotify) domuimg_xattr_free);
    }
  return copy;
}

void
domuimg_entry_clear (DomuimgEntry *self)
{
  g_free (self->path);
  g_free (self->target);
  g_clear_pointer (&self->xattrs, g_ptr_array_unref);
  memset (self, 0, sizeof *self);
}

void
domuimg_entry_free (DomuimgEntry *self)
{
  if (self == NULL)
    return;
  domuimg_entry_clear (self);
  g_free (self);
}

void
domuimg_entry_add_xattr (DomuimgEntry *self, const char *name, const void *value, gsize size)
{
  DomuimgXattr *xattr = domuimg_xattr_new (name, value, size);
  guint at = 0;

  if (self->xattrs == NULL)
    self->xattrs = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xattr_free);
  for (; at < self->xattrs->len; at++)
    {
      DomuimgXattr *there = g_ptr_array_index (self->xattrs, at);
      int order = strcmp (there->name, name);

      if (order == 0)
        {
          g_ptr_array_index (self->xattrs, at) = xattr;
          domuimg_xattr_free (there);
          return;
        }
      if (order > 0)
        break;
    }
  g_ptr_array_insert (self->xattrs, (int) at, xattr);
}

GBytes *
domuimg_entry_get_xattr (const DomuimgEntry *self, const char *name)
{
  for (guint i = 0; self->xattrs != NULL && i < self->xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (self->xattrs, i);

      if (g_str_equal (xattr->name, name))
        return xattr->value;
    }
  return NULL;
}

guint32
domuimg_entry_get_st_mode (const DomuimgEntry *self)
{
  return format_bits[self->type] | (self->mode & 07777);
}

gboolean
domuimg_entry_knows_st_mode (guint32 st_mode)
{
  for (guint type = 0; type < DOMUIMG_ENTRY_HARD_LINK; type++)
    if (format_bits[type] == (st_mode & S_IFMT))
      return TRUE;
  return FALSE;
}

void
domuimg_entry_set_st_mode (DomuimgEntry *self, guint32 st_mode)
{
  self->mode = st_mode & 07777;
  for (guint type = 0; type < DOMUIMG_ENTRY_HARD_LINK; type++)
    if (format_bits[type] == (st_mode & S_IFMT))
      self->type = type;
}

/* Appends the name at @name to @path; FALSE with an error where it may not be there. */
static gboolean
append_name (GString *path, const char *name, gsize length, const char *whole, GError **error)
{
  if (length == 0 || (length == 1 && name[0] == '.'))
    return TRUE;
  if (length == 2 && name[0] == '.' && name[1] == '.')
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "“%s” has a “..” in it, which could lead out of the guest", whole);
  if (length > NAME_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "“%.64s…” has a name of more than %d bytes in it", whole, NAME_MAX);
  if (path->len > 0)
    g_string_append_c (path, '/');
  g_string_append_len (path, name, (gssize) length);
  if (path->len >= PATH_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "“%.64s…” is a path of more than %d bytes", whole, PATH_MAX - 1);
  return TRUE;
}

char *
domuimg_path_normalise (const char *path, GError **error)
{
  g_autoptr (GString) result = g_string_new (NULL);

  for (const char *at = path; *at != '\0';)
    {
      gsize length = strcspn (at, "/");

      if (!append_name (result, at, length, path, error))
        return NULL;
      at += length;
      if (*at == '/')
        at++;
    }
  return g_string_free (g_steal_pointer (&result), FALSE);
}
