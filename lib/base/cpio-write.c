/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes cpio archives, for what is put before an initramfs. */
#include "config.h"
#include "lib/base/cpio-write.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#define BLOCK 512

struct _DomuimgCpioWriter {
  struct archive *archive;
  GByteArray *bytes;
  GHashTable *directories;
  guint n_entries;
};

static la_ssize_t
on_write (struct archive *archive, void *user_data, const void *data, size_t length)
{
  GByteArray *bytes = user_data;

  /* What a GByteArray can hold. */
  if (length > G_MAXINT - bytes->len)
    {
      archive_set_error (archive, ENOMEM, "more than 2 GiB");
      return -1;
    }
  g_byte_array_append (bytes, data, (guint) length);
  return (la_ssize_t) length;
}

DomuimgCpioWriter *
domuimg_cpio_writer_new (void)
{
  DomuimgCpioWriter *self = g_new0 (DomuimgCpioWriter, 1);

  self->bytes = g_byte_array_new ();
  self->directories = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->archive = archive_write_new ();
  archive_write_set_format_cpio_newc (self->archive);
  archive_write_set_bytes_per_block (self->archive, BLOCK);
  archive_write_set_bytes_in_last_block (self->archive, BLOCK);
  archive_write_open (self->archive, self->bytes, NULL, on_write, NULL);
  return self;
}

void
domuimg_cpio_writer_free (DomuimgCpioWriter *self)
{
  archive_write_free (self->archive);
  g_hash_table_unref (self->directories);
  g_byte_array_unref (self->bytes);
  g_free (self);
}

static gboolean
fail (DomuimgCpioWriter *self, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "making a cpio archive: %s: %s", path,
                       archive_error_string (self->archive));
}

static gboolean
write_entry (DomuimgCpioWriter *self, const char *path, guint type, guint mode,
             const char *target, GBytes *content, GError **error)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize length = 0;
  const void *data = content != NULL ? g_bytes_get_data (content, &length) : NULL;
  gboolean ok;

  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, type);
  archive_entry_set_perm (entry, (mode_t) mode);
  archive_entry_set_size (entry, (la_int64_t) length);
  /* Equal numbers would make links of them. */
  archive_entry_set_ino (entry, ++self->n_entries);
  archive_entry_set_nlink (entry, 1);
  archive_entry_set_mtime (entry, 0, 0);
  if (target != NULL)
    archive_entry_set_symlink (entry, target);
  ok = archive_write_header (self->archive, entry) == ARCHIVE_OK
       && archive_write_data (self->archive, data, length) == (la_ssize_t) length;
  archive_entry_free (entry);
  return ok || fail (self, path, error);
}

static gboolean
add_parents (DomuimgCpioWriter *self, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_str_equal (parent, ".") || g_hash_table_contains (self->directories, parent))
    return TRUE;
  if (!add_parents (self, parent, error)
      || !write_entry (self, parent, AE_IFDIR, 0755, NULL, NULL, error))
    return FALSE;
  g_hash_table_add (self->directories, g_steal_pointer (&parent));
  return TRUE;
}

gboolean
domuimg_cpio_writer_add_file (DomuimgCpioWriter *self, const char *path, guint mode,
                              GBytes *content, GError **error)
{
  return add_parents (self, path, error)
         && write_entry (self, path, AE_IFREG, mode, NULL, content, error);
}

gboolean
domuimg_cpio_writer_add_symlink (DomuimgCpioWriter *self, const char *path, const char *target,
                                 GError **error)
{
  return add_parents (self, path, error)
         && write_entry (self, path, AE_IFLNK, 0777, target, NULL, error);
}

GBytes *
domuimg_cpio_writer_finish (DomuimgCpioWriter *self, GError **error)
{
  if (archive_write_close (self->archive) != ARCHIVE_OK)
    {
      fail (self, "its end", error);
      return NULL;
    }
  return g_bytes_new (self->bytes->data, self->bytes->len);
}
