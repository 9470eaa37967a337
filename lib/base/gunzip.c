/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks gzip data, from whatever feeds it or from a part of a file, and checks their checksums. */
#include "config.h"
#include "lib/base/gunzip.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/inflate.h"
#include "lib/base/sparse.h"

#define IN_SIZE (128 * 1024)
#define OUT_SIZE (256 * 1024)

typedef enum { AT_START, IN_MEMBER, AFTER_MEMBER } State;

struct _DomuimgGunzip {
  DomuimgInflate *inflate;
  DomuimgInflateBuffers buffers;
  gboolean is_single; /* it ends after the first member */
  gboolean at_end;    /* of the input */
  State state;
  guint8 out[OUT_SIZE];
};

DomuimgGunzip *
domuimg_gunzip_new (void)
{
  DomuimgGunzip *self = g_new0 (DomuimgGunzip, 1);

  self->inflate = domuimg_inflate_new (DOMUIMG_WRAPPER_GZIP);
  return self;
}

DomuimgGunzip *
domuimg_gunzip_new_single (void)
{
  DomuimgGunzip *self = domuimg_gunzip_new ();

  self->is_single = TRUE;
  return self;
}

void
domuimg_gunzip_free (DomuimgGunzip *self)
{
  domuimg_inflate_free (self->inflate);
  g_free (self);
}

void
domuimg_gunzip_feed (DomuimgGunzip *self, const void *data, gsize length)
{
  self->buffers.in = data;
  self->buffers.in_left = length;
  self->at_end = length == 0;
}

gsize
domuimg_gunzip_get_left (DomuimgGunzip *self)
{
  return self->buffers.in_left;
}

/* Tapes leave zeros behind a member. */
static gboolean
skip_padding (DomuimgGunzip *self)
{
  if (self->state != AFTER_MEMBER || *self->buffers.in != 0)
    return FALSE;
  self->buffers.in++;
  self->buffers.in_left--;
  return TRUE;
}

static gboolean
inflate_some (DomuimgGunzip *self, const char **problem)
{
  gsize left = self->buffers.in_left, room = self->buffers.out_left;
  DomuimgInflateStatus status = domuimg_inflate_run (self->inflate, &self->buffers);

  self->state = IN_MEMBER;
  if (status == DOMUIMG_INFLATE_ENDED)
    {
      self->state = AFTER_MEMBER;
      domuimg_inflate_reset (self->inflate);
      return TRUE;
    }
  *problem = status == DOMUIMG_INFLATE_DAMAGED ? "damaged gzip data" : "truncated gzip data";
  return status == DOMUIMG_INFLATE_GOES_ON
         && (left != self->buffers.in_left || room != self->buffers.out_left);
}

gssize
domuimg_gunzip_next (DomuimgGunzip *self, const void **data, const char **problem)
{
  self->buffers.out = self->out;
  self->buffers.out_left = OUT_SIZE;
  *data = self->out;
  while (self->buffers.out_left > 0)
    {
      gsize produced = OUT_SIZE - self->buffers.out_left;

      if (self->is_single && self->state == AFTER_MEMBER)
        return (gssize) produced;
      if (self->buffers.in_left == 0 && (!self->at_end || self->state == AFTER_MEMBER))
        return produced > 0 || self->at_end ? (gssize) produced : DOMUIMG_GUNZIP_HUNGRY;
      if (self->buffers.in_left > 0 && skip_padding (self))
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
