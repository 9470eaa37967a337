/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/source/tar-gzip.h"

#include <zlib.h>

#define OUT_SIZE (256 * 1024)
/* zlib's number for "gzip, with the largest window". */
#define GZIP_WINDOW (15 + 16)

struct _DomuimgGunzip {
  z_stream stream;
  gboolean at_end;    /* of the file */
  gboolean in_member; /* a member has begun and not ended */
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

gssize
domuimg_gunzip_next (DomuimgGunzip *self, const void **data, const char **problem)
{
  int status;

  self->stream.next_out = self->out;
  self->stream.avail_out = OUT_SIZE;
  *data = self->out;
  while (self->stream.avail_out > 0)
    {
      gsize produced = OUT_SIZE - self->stream.avail_out;

      if (self->stream.avail_in == 0 && self->at_end && self->in_member && produced == 0)
        {
          *problem = "truncated gzip data";
          return -1;
        }
      if (self->stream.avail_in == 0)
        return produced > 0 || self->at_end ? (gssize) produced : DOMUIMG_GUNZIP_HUNGRY;
      /* Padding, as tapes leave it. */
      if (!self->in_member && *self->stream.next_in == 0)
        {
          self->stream.next_in++;
          self->stream.avail_in--;
          continue;
        }
      self->in_member = TRUE;
      status = inflate (&self->stream, Z_NO_FLUSH);
      if (status == Z_STREAM_END)
        {
          self->in_member = FALSE;
          inflateReset (&self->stream);
        }
      else if (status != Z_OK && status != Z_BUF_ERROR)
        {
          *problem = "damaged gzip data";
          return -1;
        }
    }
  return OUT_SIZE;
}
