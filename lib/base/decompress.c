/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks what kernels and initramfs are packed with, piece by piece, most of it through libarchive. */
#include "config.h"
#include "lib/base/decompress.h"

#include <string.h>

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "lib/base/buffer.h"
#include "lib/base/gunzip.h"
#include "lib/base/lzop.h"
#include "lib/base/zstd-frames.h"

#define BLOCK_SIZE (256 * 1024)

static const struct {
  DomuimgCompression compression;
  const char *name;
  const char *magic;
  gsize length;
  int (*support) (struct archive *archive);
} formats[] = {
  { DOMUIMG_COMPRESSION_GZIP, "gzip", "\x1f\x8b", 2, NULL },
  { DOMUIMG_COMPRESSION_BZIP2, "bzip2", "BZh", 3, archive_read_support_filter_bzip2 },
  { DOMUIMG_COMPRESSION_XZ, "xz", "\xfd" "7zXZ\0", 6, archive_read_support_filter_xz },
  { DOMUIMG_COMPRESSION_ZSTD, "zstd", "\x28\xb5\x2f\xfd", 4, archive_read_support_filter_zstd },
  /* The usual properties, and a dictionary of a multiple of 64 KiB. */
  { DOMUIMG_COMPRESSION_LZMA, "lzma", "\x5d\0\0", 3, archive_read_support_filter_lzma },
  { DOMUIMG_COMPRESSION_LZO, "lzo", "\x89" "LZO\0\r\n", 7, NULL },
  { DOMUIMG_COMPRESSION_LZ4, "lz4", "\x02\x21\x4c\x18", 4, archive_read_support_filter_lz4 },
};

struct _DomuimgDecoder {
  const DomuimgInput *input;
  DomuimgCompression compression;
  guint64 start;
  guint64 offset; /* of the next byte to read */
  guint64 end;    /* where to stop reading */
  guint8 *buffer;
  struct archive *archive; /* NULL for gzip and LZO */
  DomuimgGunzip *gunzip;   /* for gzip only */
  DomuimgLzop *lzop;       /* for LZO only */
  GError *input_error;
};

DomuimgCompression
domuimg_compression_detect (DomuimgBytes head)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (domuimg_bytes_starts_with (head, formats[i].magic, formats[i].length))
      return formats[i].compression;
  return DOMUIMG_COMPRESSION_NONE;
}

const char *
domuimg_compression_to_string (DomuimgCompression compression)
{
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].compression == compression)
      return formats[i].name;
  return "none";
}

static gssize
read_bytes_at (gpointer user_data, guint64 offset, void *buffer, gsize length, GError **error)
{
  const DomuimgBytes *bytes = user_data;

  if (offset >= bytes->size)
    return 0;
  length = MIN (length, bytes->size - offset);
  memcpy (buffer, bytes->data + offset, length);
  return (gssize) length;
}

DomuimgInput
domuimg_input_of_bytes (const DomuimgBytes *bytes, const char *name)
{
  return (DomuimgInput){ read_bytes_at, (gpointer) bytes, name };
}

static gssize
read_packed (DomuimgDecoder *self)
{
  gssize got = self->input->read_at (self->input->user_data, self->offset, self->buffer,
                                     MIN (BLOCK_SIZE, self->end - self->offset),
                                     &self->input_error);

  if (got > 0)
    self->offset += (guint64) got;
  return got;
}

static la_ssize_t
feed (struct archive *archive, void *user_data, const void **data)
{
  DomuimgDecoder *self = user_data;
  gssize got = self->input_error == NULL ? read_packed (self) : -1;

  if (got < 0)
    archive_set_error (archive, EIO, "reading failed");
  *data = self->buffer;
  return got;
}

static gboolean
fail_stream (DomuimgDecoder *self, const char *why, GError **error)
{
  if (self->input_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->input_error));
      return FALSE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: the %s data are damaged or cut off: %s", self->input->name,
                       domuimg_compression_to_string (self->compression),
                       why != NULL ? why : "unknown error");
}

static gboolean
fail_archive (DomuimgDecoder *self, GError **error)
{
  return fail_stream (self, archive_error_string (self->archive), error);
}

static gboolean
open_archive (DomuimgDecoder *self, GError **error)
{
  struct archive_entry *entry;
  int status = ARCHIVE_FATAL;

  self->archive = archive_read_new ();
  archive_read_support_format_raw (self->archive);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (formats[i].compression == self->compression && formats[i].support != NULL)
      status = formats[i].support (self->archive);
  /* A warning says that libarchive would run a program. */
  if (status != ARCHIVE_OK)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: this host's libarchive cannot read %s", self->input->name,
                         domuimg_compression_to_string (self->compression));
  if (archive_read_open (self->archive, self, NULL, feed, NULL) != ARCHIVE_OK
      || archive_read_next_header (self->archive, &entry) != ARCHIVE_OK)
    return fail_archive (self, error);
  /* Where the filter does not like the header, raw would pass the bytes as they are. */
  if (archive_filter_count (self->archive) < 2)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the %s header is damaged",
                         self->input->name, domuimg_compression_to_string (self->compression));
  return TRUE;
}

DomuimgDecoder *
domuimg_decoder_new (DomuimgCompression compression, const DomuimgInput *input, guint64 offset,
                     GError **error)
{
  g_autoptr (DomuimgDecoder) self = g_new0 (DomuimgDecoder, 1);

  self->input = input;
  self->compression = compression;
  self->start = self->offset = offset;
  self->end = compression == DOMUIMG_COMPRESSION_ZSTD ? domuimg_zstd_frames_end (input, offset)
                                                      : G_MAXUINT64;
  if (compression == DOMUIMG_COMPRESSION_LZO)
    {
      self->lzop = domuimg_lzop_new (input, offset, error);
      return self->lzop != NULL ? g_steal_pointer (&self) : NULL;
    }
  self->buffer = g_malloc (BLOCK_SIZE);
  if (compression == DOMUIMG_COMPRESSION_GZIP)
    self->gunzip = domuimg_gunzip_new_single ();
  else if (!open_archive (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
domuimg_decoder_free (DomuimgDecoder *self)
{
  g_clear_pointer (&self->archive, archive_read_free);
  g_clear_pointer (&self->gunzip, domuimg_gunzip_free);
  g_clear_pointer (&self->lzop, domuimg_lzop_free);
  g_clear_error (&self->input_error);
  g_free (self->buffer);
  g_free (self);
}

/* libarchive's filter does not look at the checksum, and takes four times as long. */
static gssize
read_gzip (DomuimgDecoder *self, const void **data, GError **error)
{
  const char *problem = NULL;
  gssize got;

  while ((got = domuimg_gunzip_next (self->gunzip, data, &problem)) == DOMUIMG_GUNZIP_HUNGRY)
    {
      gssize packed = read_packed (self);

      if (packed < 0)
        break;
      domuimg_gunzip_feed (self->gunzip, self->buffer, (gsize) packed);
    }
  if (got >= 0)
    return got;
  fail_stream (self, problem, error);
  return -1;
}

gssize
domuimg_decoder_read (DomuimgDecoder *self, const void **data, GError **error)
{
  gsize length;
  la_int64_t at;
  int status;

  if (self->lzop != NULL)
    return domuimg_lzop_read (self->lzop, data, error);
  if (self->gunzip != NULL)
    return read_gzip (self, data, error);
  do
    status = archive_read_data_block (self->archive, data, &length, &at);
  while (status == ARCHIVE_OK && length == 0);
  if (status == ARCHIVE_EOF)
    return 0;
  if (status == ARCHIVE_OK)
    return (gssize) length;
  fail_archive (self, error);
  return -1;
}

guint64
domuimg_decoder_get_consumed (DomuimgDecoder *self)
{
  if (self->lzop != NULL)
    return domuimg_lzop_get_consumed (self->lzop);
  if (self->gunzip != NULL)
    return self->offset - self->start - domuimg_gunzip_get_left (self->gunzip);
  return (guint64) archive_filter_bytes (self->archive, -1);
}

static gboolean
append_all (DomuimgBuffer *out, DomuimgDecoder *decoder, guint64 max, GError **error)
{
  const void *data;
  gssize got;

  while ((got = domuimg_decoder_read (decoder, &data, error)) > 0)
    {
      if ((gsize) got > max - out->length)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: more than %" G_GUINT64_FORMAT " MiB when decompressed",
                             decoder->input->name, max >> 20);
      if (!domuimg_buffer_reserve (out, (gsize) got, decoder->input->name, error))
        return FALSE;
      memcpy (out->data + out->length, data, (gsize) got);
      out->length += (gsize) got;
    }
  return got == 0;
}

GBytes *
domuimg_decompress (DomuimgCompression compression, DomuimgBytes in, const char *name,
                    guint64 expected, guint64 max, GError **error)
{
  DomuimgInput input = domuimg_input_of_bytes (&in, name);
  g_autoptr (DomuimgDecoder) decoder = domuimg_decoder_new (compression, &input, 0, error);
  g_autoptr (GError) local = NULL;
  g_auto (DomuimgBuffer) out = { NULL };
  gsize length;
  guint8 *data;

  if (decoder == NULL)
    return NULL;
  /* What is expected is a foreign word, too: no kernel shrinks to a tenth. */
  if (!domuimg_buffer_reserve (&out, MIN (expected, MIN (max, (guint64) in.size * 10)), name, error))
    return NULL;
  if (!append_all (&out, decoder, max, &local)
      && (compression == DOMUIMG_COMPRESSION_GZIP || expected == 0 || out.length != expected))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  data = domuimg_buffer_steal (&out, &length);
  return g_bytes_new_take (data, length);
}
