/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the bytes of a tar archive, and decompresses them if necessary. */
#include "config.h"
#include "lib/source/tar-input.h"

#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/gunzip.h"

#define BUFFER_SIZE (256 * 1024)
/* What is read first after a file that nobody wanted: headers, and small files. */
#define HEADER_PIECE 4096
/* How much is asked for in advance where most of the input is skipped: the kernel would take that
 * for random access and not read ahead. */
#define AHEAD (4 * 1024 * 1024)
/* Where a tar header says what it is. */
#define USTAR_AT 257
/* How much of what was unpacked is kept, to look at an entry's headers once more: two of the
 * largest pieces that an unpacker gives, lz4's, and some. */
#define RECENT_SIZE (10 * 1024 * 1024)

struct _DomuimgTarInput {
  char *name;
  int fd;
  DomuimgTarTee tee;
  gpointer tee_data;
  off_t start;            /* of the archive in the file */
  guint64 size;           /* of the file; 0: not known */
  guint64 position;       /* in the file */
  guint64 ahead;          /* up to where the file was asked for */
  gsize piece;            /* how much to read next */
  gsize first;            /* bytes of the first block, which was read to see what it is */
  DomuimgGunzip *gunzip;  /* NULL where it is not compressed by gzip */
  struct archive *unpack; /* of other compressions; NULL for none */
  guint8 *recent;         /* a ring; NULL where the file itself can be read again */
  guint64 unpacked;       /* bytes that have come, where they are kept in @recent */
  GError *failure;
  guint8 buffer[BUFFER_SIZE];
};

void
domuimg_tar_input_free (DomuimgTarInput *self)
{
  g_clear_pointer (&self->gunzip, domuimg_gunzip_free);
  if (self->unpack != NULL)
    archive_read_free (self->unpack);
  g_clear_error (&self->failure);
  g_free (self->recent);
  g_free (self->name);
  g_free (self);
}

GError *
domuimg_tar_input_take_error (DomuimgTarInput *self)
{
  return g_steal_pointer (&self->failure);
}

/* The next bytes of the file as they lie there. */
static gssize
read_raw (DomuimgTarInput *self)
{
  gssize length = self->first;

  self->first = 0;
  if (length > 0)
    return length;
  length = TEMP_FAILURE_RETRY (read (self->fd, self->buffer, self->piece));
  self->piece = MIN (2 * self->piece, BUFFER_SIZE);
  if (length < 0)
    {
      domuimg_set_errno (&self->failure, errno, "reading %s", self->name);
      return -1;
    }
  if (self->tee != NULL && !self->tee (self->buffer, length, self->tee_data, &self->failure))
    return -1;
  self->position += length;
  return length;
}

static gssize
fail (DomuimgTarInput *self, const char *problem)
{
  if (self->failure == NULL)
    domuimg_fail (&self->failure, DOMUIMG_ERROR_CORRUPT_INPUT,
                  "%s: not a whole tar archive: %s", self->name,
                  problem != NULL ? problem : "it cannot be unpacked");
  return -1;
}

static gssize
read_gzip (DomuimgTarInput *self, const void **data)
{
  const char *problem = NULL;
  gssize length;

  while ((length = domuimg_gunzip_next (self->gunzip, data, &problem)) == DOMUIMG_GUNZIP_HUNGRY)
    {
      gssize raw = read_raw (self);

      if (raw < 0)
        return -1;
      domuimg_gunzip_feed (self->gunzip, self->buffer, raw);
    }
  return length >= 0 ? length : fail (self, problem);
}

static gssize
read_unpacked (DomuimgTarInput *self, const void **data)
{
  size_t size = 0;
  la_int64_t offset;
  int status;

  do
    status = archive_read_data_block (self->unpack, data, &size, &offset);
  while (status == ARCHIVE_OK && size == 0);
  if (status == ARCHIVE_EOF)
    return 0;
  return status == ARCHIVE_OK ? (gssize) size : fail (self, archive_error_string (self->unpack));
}

static void
keep_recent (DomuimgTarInput *self, const guint8 *data, gsize length)
{
  while (length > 0)
    {
      gsize at = self->unpacked % RECENT_SIZE;
      gsize now = MIN (length, RECENT_SIZE - at);

      memcpy (self->recent + at, data, now);
      self->unpacked += now;
      data += now;
      length -= now;
    }
}

gssize
domuimg_tar_input_read (DomuimgTarInput *self, const void **data)
{
  gssize length;

  *data = self->buffer;
  if (self->gunzip != NULL)
    length = read_gzip (self, data);
  else if (self->unpack != NULL)
    length = read_unpacked (self, data);
  else
    length = read_raw (self);
  if (self->recent != NULL && length > 0)
    keep_recent (self, *data, length);
  return length;
}

static void
ask_ahead (DomuimgTarInput *self)
{
  while (self->ahead < self->size && self->ahead < self->position + AHEAD)
    {
      self->ahead = MAX (self->ahead, self->position);
      posix_fadvise (self->fd, (off_t) self->ahead, AHEAD, POSIX_FADV_WILLNEED);
      self->ahead += AHEAD;
    }
}

guint64
domuimg_tar_input_skip (DomuimgTarInput *self, guint64 length)
{
  guint64 left = self->size > self->position ? self->size - self->position : 0;
  guint64 skip;

  if (self->recent != NULL || self->tee != NULL)
    return 0;
  /* A skip past the end would hide that the archive is truncated. */
  skip = MIN (length, left);
  if (skip == 0 || lseek (self->fd, skip, SEEK_CUR) < 0)
    return 0;
  self->position += skip;
  self->piece = HEADER_PIECE;
  ask_ahead (self);
  return skip;
}

gboolean
domuimg_tar_input_drain (DomuimgTarInput *self)
{
  const void *data;
  gssize length = 1;

  while (length > 0 && (self->recent != NULL || self->tee != NULL))
    length = domuimg_tar_input_read (self, &data);
  return length >= 0;
}

gsize
domuimg_tar_input_again (DomuimgTarInput *self, guint64 at, guint8 *bytes, gsize max)
{
  gsize length;

  if (self->recent == NULL)
    {
      gssize got = pread (self->fd, bytes, max, self->start + at);

      return got > 0 ? got : 0;
    }
  if (at > self->unpacked || self->unpacked - at > RECENT_SIZE)
    return 0;
  length = MIN (max, self->unpacked - at);
  for (gsize done = 0; done < length;)
    {
      gsize from = (at + done) % RECENT_SIZE;
      gsize now = MIN (length - done, RECENT_SIZE - from);

      memcpy (bytes + done, self->recent + from, now);
      done += now;
    }
  return length;
}

double
domuimg_tar_input_get_fraction (DomuimgTarInput *self)
{
  return self->size > 0 ? (double) self->position / self->size : -1;
}

static la_ssize_t
on_read_packed (struct archive *archive, void *data, const void **buffer)
{
  DomuimgTarInput *self = data;
  gssize length = read_raw (self);

  *buffer = self->buffer;
  if (length < 0)
    archive_set_error (archive, EIO, "it cannot be read");
  return length;
}

/* A tar reader stops at the archive's end mark, before the checksums that end most
 * compressions: what is compressed is unpacked by a reader of its own, to its end. */
static gboolean
open_unpacker (DomuimgTarInput *self)
{
  struct archive_entry *entry;

  self->unpack = archive_read_new ();
  archive_read_support_format_raw (self->unpack);
  archive_read_support_filter_bzip2 (self->unpack);
  archive_read_support_filter_compress (self->unpack);
  archive_read_support_filter_xz (self->unpack);
  archive_read_support_filter_lzma (self->unpack);
  archive_read_support_filter_zstd (self->unpack);
  archive_read_support_filter_lz4 (self->unpack);
  if (archive_read_open2 (self->unpack, self, NULL, on_read_packed, NULL, NULL) == ARCHIVE_OK
      && archive_read_next_header (self->unpack, &entry) == ARCHIVE_OK)
    return TRUE;
  fail (self, archive_error_string (self->unpack));
  return FALSE;
}

/* libarchive does not look at gzip's checksum, so gzip is not left to it. */
static gboolean
open_compression (DomuimgTarInput *self)
{
  static const guint8 gzip[] = { 0x1f, 0x8b };
  gssize length = read_raw (self);

  if (length < 0)
    return FALSE;
  self->first = length;
  if (length == 0)
    {
      fail (self, "it is empty");
      return FALSE;
    }
  if (length > 2 && memcmp (self->buffer, gzip, sizeof gzip) == 0)
    self->gunzip = domuimg_gunzip_new ();
  else if (length <= USTAR_AT + 5 || memcmp (self->buffer + USTAR_AT, "ustar", 5) != 0)
    return open_unpacker (self);
  return TRUE;
}

DomuimgTarInput *
domuimg_tar_input_new (int fd, const char *name, DomuimgTarTee tee, gpointer tee_data,
                       GError **error)
{
  DomuimgTarInput *self = g_new0 (DomuimgTarInput, 1);
  gboolean is_file = FALSE;
  struct stat status;

  self->fd = fd;
  self->piece = BUFFER_SIZE;
  self->name = g_strdup (name);
  self->tee = tee;
  self->tee_data = tee_data;
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode))
    {
      self->size = status.st_size;
      is_file = TRUE;
      self->start = lseek (fd, 0, SEEK_CUR);
    }
  if (!open_compression (self))
    {
      g_propagate_error (error, domuimg_tar_input_take_error (self));
      domuimg_tar_input_free (self);
      return NULL;
    }
  if (!is_file || self->gunzip != NULL || self->unpack != NULL)
    self->recent = g_malloc (RECENT_SIZE);
  return self;
}
