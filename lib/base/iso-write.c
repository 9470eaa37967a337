/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes small ISO 9660 images. */
#include "config.h"
#include "lib/base/iso-write.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "lib/base/fd.h"
#include "lib/base/iso-time.h"

static void
file_free (gpointer data)
{
  DomuimgIsoFile *self = data;

  g_free (self->path);
  g_bytes_unref (self->content);
  g_free (self);
}

GPtrArray *
domuimg_iso_files_new (void)
{
  return g_ptr_array_new_with_free_func (file_free);
}

void
domuimg_iso_files_add (GPtrArray *files, const char *path, GBytes *content)
{
  DomuimgIsoFile *file = g_new0 (DomuimgIsoFile, 1);

  file->path = g_strdup (path);
  file->content = content;
  g_ptr_array_add (files, file);
}

static la_ssize_t
take (struct archive *archive, void *image, const void *data, size_t length)
{
  g_byte_array_append (image, data, length);
  return (la_ssize_t) length;
}

static struct archive *
begin (GByteArray *image, const char *label)
{
  struct archive *archive = archive_write_new ();

  if (archive_write_set_format_iso9660 (archive) == ARCHIVE_OK
      && archive_write_set_format_option (archive, "iso9660", "volume-id", label) == ARCHIVE_OK
      /* With "useful", everybody would have the right to read. */
      && archive_write_set_format_option (archive, "iso9660", "rockridge", "strict") == ARCHIVE_OK)
    {
      archive_write_set_bytes_per_block (archive, DOMUIMG_ISO_SECTOR);
      archive_write_set_bytes_in_last_block (archive, DOMUIMG_ISO_SECTOR);
      archive_write_open2 (archive, image, NULL, take, NULL, NULL);
    }
  return archive;
}

static gboolean
add (struct archive *archive, const DomuimgIsoFile *file, guint number)
{
  struct archive_entry *entry = archive_entry_new ();
  gsize length;
  gconstpointer data = g_bytes_get_data (file->content, &length);
  gboolean ok;

  archive_entry_set_pathname (entry, file->path);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_perm (entry, 0400);
  archive_entry_set_size (entry, (la_int64_t) length);
  /* Equal numbers would make links of them. */
  archive_entry_set_ino (entry, number + 1);
  archive_entry_set_nlink (entry, 1);
  archive_entry_set_mtime (entry, 0, 0);
  ok = archive_write_header (archive, entry) == ARCHIVE_OK
       && archive_write_data (archive, data, length) == (la_ssize_t) length;
  archive_entry_free (entry);
  return ok;
}

static gboolean
make (GByteArray *image, const char *name, const char *label, const GPtrArray *files, GError **error)
{
  struct archive *archive = begin (image, label);
  gboolean ok = archive_errno (archive) == 0;

  for (guint i = 0; ok && i < files->len; i++)
    ok = add (archive, g_ptr_array_index (files, i), i);
  ok = ok && archive_write_close (archive) == ARCHIVE_OK;
  if (!ok && archive_errno (archive) == ENOSPC)
    domuimg_set_errno (error, ENOSPC, "writing %s", name);
  else if (!ok)
    domuimg_fail (error, DOMUIMG_ERROR_IO, "writing %s as ISO 9660: %s", name,
                  archive_error_string (archive));
  archive_write_free (archive);
  return ok;
}

gboolean
domuimg_iso_write (int fd, const char *name, const char *label, const GPtrArray *files,
                   GError **error)
{
  g_autoptr (GByteArray) image = g_byte_array_new ();

  if (!make (image, name, label, files, error))
    return FALSE;
  domuimg_iso_forget_time (image);
  return domuimg_write_all (fd, image->data, image->len)
         || domuimg_set_errno (error, errno, "writing %s", name);
}
