/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks gzip data, from whatever feeds it or from a part of a file, and checks their checksums. */
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

typedef enum { AT_START, IN_MEMBER, AFTER_MEMBER } State;

struct _DomuimgGunzip {
  z_stream stream;
  gboolean at_end; /* of the input */
  State state;
  guint8 out[OUT_SIZE];
};

DomuimgGunzip *
domuimg_gunzip_new (void)
{
  DomuimgGunzip *self = g_new0 (DomuimgGunzip, 1);

  inflateInit2 (&self->stream, GZIP_WINDOW);
  return self;
}

void
domuimg_gunzip_free (DomuimgGunzip *self)
{
  inflateEnd (&self->stream);
  g_free (self);
}

void
domuimg_gunzip_feed (DomuimgGunzip *self, const void *data, gsize length)
{
  self->stream.next_in = (Bytef *) data;
  self->stream.avail_in = length;
  self->at_end = length == 0;
}

/* Tapes leave zeros behind a member. */
static gboolean
skip_padding (DomuimgGunzip *self)
{
  if (self->state != AFTER_MEMBER || *self->stream.next_in != 0)
    return FALSE;
  self->stream.next_in++;
  self->stream.avail_in--;
  return TRUE;
}

static gboolean
inflate_some (DomuimgGunzip *self, const char **problem)
{
  int status = inflate (&self->stream, Z_NO_FLUSH);

  self->state = IN_MEMBER;
  if (status == Z_STREAM_END)
    {
      self->state = AFTER_MEMBER;
      inflateReset (&self->stream);
      return TRUE;
    }
  *problem = status == Z_BUF_ERROR ? "truncated gzip data" : "damaged gzip data";
  return status == Z_OK;
}

gssize
domuimg_gunzip_next (DomuimgGunzip *self, const void **data, const char **problem)
{
  self->stream.next_out = self->out;
  self->stream.avail_out = OUT_SIZE;
  *data = self->out;
  while (self->stream.avail_out > 0)
    {
      gsize produced = OUT_SIZE - self->stream.avail_out;

      if (self->stream.avail_in == 0 && (!self->at_end || self->state == AFTER_MEMBER))
        return produced > 0 || self->at_end ? (gssize) produced : DOMUIMG_GUNZIP_HUNGRY;
      if (self->stream.avail_in > 0 && skip_padding (self))
        continue;
      /* What came before damaged data is given out first; the damage is met again. */
      if (!inflate_some (self, problem))
        return produced > 0 ? (gssize) produced : -1;
    }
  return OUT_SIZE;
}

/* A part of a file, and where what is in it goes. */
typedef struct {
  const char *path;
  int in;
  guint64 position;
  guint64 end;
  int out;
  guint64 written;
  guint64 limit;
  guint8 input[IN_SIZE];
} Part;

static gboolean
feed (Part *self, DomuimgGunzip *gunzip, GError **error)
{
  gssize got = 0;

  if (self->position < self->end)
    {
      got = TEMP_FAILURE_RETRY (pread (self->in, self->input,
                                       MIN (IN_SIZE, self->end - self->position), self->position));
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading %s", self->path);
      if (got == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is cut off", self->path);
    }
  self->position += got;
  domuimg_gunzip_feed (gunzip, self->input, got);
  return TRUE;
}

static gboolean
drain (Part *self, const void *data, gsize length, GError **error)
{
  if (length > self->limit - self->written)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its disk, unpacked, has more than the %" G_GUINT64_FORMAT
                         " bytes that it may have",
                         self->path, self->limit);
  if (!domuimg_sparse_write (self->out, data, length, self->written))
    return domuimg_set_errno (error, errno, "writing the disk that %s holds", self->path);
  self->written += length;
  return TRUE;
}

static gboolean
unpack (Part *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgGunzip) gunzip = domuimg_gunzip_new ();
  const char *problem = NULL;
  const void *data;
  gssize got;

  while ((got = domuimg_gunzip_next (gunzip, &data, &problem)) != 0)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (got == -1)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: its disk cannot be unpacked: %s", self->path, problem);
      if (got == DOMUIMG_GUNZIP_HUNGRY ? !feed (self, gunzip, error)
                                       : !drain (self, data, got, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_gunzip_to (const char *path, guint64 offset, guint64 length, int fd, guint64 limit,
                   GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) in = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autofree Part *self = g_new0 (Part, 1);

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
  if (!unpack (self, cancellable, error))
    return FALSE;
  if (ftruncate (fd, self->written) < 0)
    return domuimg_set_errno (error, errno, "writing the disk that %s holds", path);
  return TRUE;
}
