/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/base/fd.h"
#include "lib/base/sparse.h"

#define IN_SIZE (128 * 1024)
#define OUT_SIZE (256 * 1024)
/* zlib's number for "gzip, with the largest window". */
#define GZIP_WINDOW (15 + 16)

typedef struct {
  const char *path;
  int in;
  guint64 position;
  guint64 end;
  int out;
  guint64 written;
  guint64 limit;
  z_stream stream;
  guint8 input[IN_SIZE];
  guint8 output[OUT_SIZE];
} Gunzip;

static gboolean
fill (Gunzip *self, GError **error)
{
  gssize got;

  if (self->stream.avail_in > 0 || self->position == self->end)
    return TRUE;
  got = TEMP_FAILURE_RETRY (
      pread (self->in, self->input, MIN (IN_SIZE, self->end - self->position), self->position));
  if (got < 0)
    return domuimg_set_errno (error, errno, "reading %s", self->path);
  if (got == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is cut off", self->path);
  self->position += got;
  self->stream.next_in = self->input;
  self->stream.avail_in = got;
  return TRUE;
}

static gboolean
drain (Gunzip *self, GError **error)
{
  gsize length = OUT_SIZE - self->stream.avail_out;

  if (length > self->limit - self->written)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its disk, unpacked, has more than the %" G_GUINT64_FORMAT
                         " bytes that it may have",
                         self->path, self->limit);
  if (!domuimg_sparse_write (self->out, self->output, length, self->written))
    return domuimg_set_errno (error, errno, "writing the disk that %s holds", self->path);
  self->written += length;
  self->stream.next_out = self->output;
  self->stream.avail_out = OUT_SIZE;
  return TRUE;
}

/* A file may be several that were packed one after the other. */
static gboolean
unpack (Gunzip *self, GCancellable *cancellable, GError **error)
{
  int status = Z_OK;
  gboolean was_full;

  self->stream.next_out = self->output;
  self->stream.avail_out = OUT_SIZE;
  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !fill (self, error))
        return FALSE;
      if (status == Z_STREAM_END)
        inflateReset (&self->stream);
      status = inflate (&self->stream, Z_NO_FLUSH);
      if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its disk is damaged: %s",
                             self->path,
                             self->stream.msg != NULL ? self->stream.msg : "it is not gzip data");
      was_full = self->stream.avail_out == 0;
      if (!drain (self, error))
        return FALSE;
    }
  while (self->stream.avail_in > 0 || self->position < self->end
         || (was_full && status != Z_STREAM_END));
  if (status == Z_STREAM_END)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its disk is cut off", self->path);
}

gboolean
domuimg_gunzip_to (const char *path, guint64 offset, guint64 length, int fd, guint64 limit,
                   GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) in = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autofree Gunzip *self = g_new0 (Gunzip, 1);
  gboolean ok;

  if (in < 0)
    return domuimg_set_errno (error, errno, "opening %s", path);
  if (length > G_MAXINT64 || offset > G_MAXINT64 - length)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is cut off", path);
  self->path = path;
  self->in = in;
  self->position = offset;
  self->end = offset + length;
  self->out = fd;
  self->limit = limit;
  inflateInit2 (&self->stream, GZIP_WINDOW);
  ok = unpack (self, cancellable, error);
  inflateEnd (&self->stream);
  if (ok && ftruncate (fd, self->written) < 0)
    return domuimg_set_errno (error, errno, "writing the disk that %s holds", path);
  return ok;
}
