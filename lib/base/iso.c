/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads files out of ISO 9660 images. */
#include "config.h"
#include "lib/base/iso.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* ECMA-119: the first descriptor is in the 17th sector of 2048 bytes, with this name at its byte 1. */
#define DESCRIPTOR_AT (16 * 2048 + 1)
#define NAME "CD001"
/* The volume identifier of that descriptor. */
#define LABEL_AT (16 * 2048 + 40)
#define LABEL_LENGTH 32
#define BLOCK (64 << 10)
#define LINKS_MAX 8

gboolean
domuimg_iso_is (const char *path)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  char name[sizeof NAME - 1];

  return fd >= 0 && pread (fd, name, sizeof name, DESCRIPTOR_AT) == sizeof name
         && memcmp (name, NAME, sizeof name) == 0;
}

char *
domuimg_iso_read_label (const char *path, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC);
  char label[LABEL_LENGTH];
  gssize got = fd >= 0 ? pread (fd, label, sizeof label, LABEL_AT) : -1;

  if (got == sizeof label)
    return g_strchomp (g_strndup (label, sizeof label));
  if (got < 0)
    domuimg_set_errno (error, errno, "reading the name of %s", path);
  else
    domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the ISO image is cut off", path);
  return NULL;
}

typedef struct archive Reader;

static void
reader_free (Reader *self)
{
  archive_read_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reader, reader_free)

static gboolean
fail (Reader *reader, const char *iso, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: the ISO image is damaged or cut off: %s", iso,
                       archive_error_string (reader));
}

static Reader *
open_iso (const char *iso, GError **error)
{
  Reader *reader = archive_read_new ();

  archive_read_support_format_iso9660 (reader);
  if (archive_read_open_filename (reader, iso, BLOCK) == ARCHIVE_OK)
    return reader;
  fail (reader, iso, error);
  archive_read_free (reader);
  return NULL;
}

/* The header of the file at @path; NULL with NOT_FOUND. */
static struct archive_entry *
seek (Reader *reader, const char *iso, const char *path, GCancellable *cancellable,
      GError **error)
{
  struct archive_entry *entry;
  int code;

  while ((code = archive_read_next_header (reader, &entry)) == ARCHIVE_OK || code == ARCHIVE_WARN)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (g_strcmp0 (archive_entry_pathname (entry), path) == 0)
        return entry;
    }
  if (code != ARCHIVE_EOF)
    fail (reader, iso, error);
  else
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: there is no %s in it", iso, path);
  return NULL;
}

/* (nullable) What a symlink in @path's directory means, within the image. */
static char *
follow (const char *path, const char *target)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *from = g_strconcat ("/", directory, NULL);
  g_autofree char *full = g_canonicalize_filename (target, from);

  return g_strdup (full + 1);
}

/* Sets *@next where @entry's bytes are under another name; libarchive gives a file that has several names
 * its bytes under one of them only. */
static gboolean
find_next (const char *iso, const char *path, struct archive_entry *entry, char **next, GError **error)
{
  const char *link = archive_entry_hardlink (entry);
  const char *target = archive_entry_symlink (entry);

  if (link != NULL)
    *next = g_strdup (link);
  else if (archive_entry_filetype (entry) == AE_IFLNK && target != NULL)
    *next = follow (path, target);
  else if (archive_entry_filetype (entry) == AE_IFLNK)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the ISO image is damaged: %s is a symlink that leads nowhere", iso, path);
  return TRUE;
}

gboolean
domuimg_iso_stream (const char *iso, const char *path, DomuimgIsoTake take, gpointer user_data,
                    GError **error)
{
  g_autofree char *wanted = g_strdup (path);

  for (guint i = 0; i < LINKS_MAX; i++)
    {
      g_autoptr (Reader) reader = open_iso (iso, error);
      struct archive_entry *entry
          = reader != NULL ? seek (reader, iso, wanted, NULL, error) : NULL;
      g_autofree char *next = NULL;
      const void *data;
      gint64 offset;
      size_t length;
      int code;

      if (entry == NULL || !find_next (iso, wanted, entry, &next, error))
        return FALSE;
      if (next != NULL)
        {
          g_free (wanted);
          wanted = g_steal_pointer (&next);
          continue;
        }
      while ((code = archive_read_data_block (reader, &data, &length, &offset)) == ARCHIVE_OK)
        if (!take (data, length, user_data, error))
          return FALSE;
      return code == ARCHIVE_EOF || fail (reader, iso, error);
    }
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: too many links lead on from %s", iso,
                       path);
}

gboolean
domuimg_iso_has (const char *iso, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (Reader) reader = open_iso (iso, error);

  return reader != NULL && seek (reader, iso, path, cancellable, error) != NULL;
}

typedef struct {
  const char *iso;
  const char *path;
  guint64 max;
  GByteArray *bytes;
  GCancellable *cancellable;
} Reading;

static gboolean
collect (const void *data, gsize length, gpointer user_data, GError **error)
{
  Reading *self = user_data;

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (length > self->max - self->bytes->len)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: %s is larger than %" G_GUINT64_FORMAT " bytes", self->iso, self->path,
                         self->max);
  g_byte_array_append (self->bytes, data, (guint) length);
  return TRUE;
}

GBytes *
domuimg_iso_read (const char *iso, const char *path, guint64 max, GCancellable *cancellable,
                  GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Reading reading = { iso, path, MIN (max, G_MAXINT), bytes, cancellable };

  if (!domuimg_iso_stream (iso, path, collect, &reading, error))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}
