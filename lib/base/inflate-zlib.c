/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks deflated data by zlib. */
#include "config.h"
#include "lib/base/inflate.h"

#include <zlib.h>

/* zlib's number for "gzip, with the largest window". */
#define GZIP_WINDOW (15 + 16)

struct _DomuimgInflate {
  z_stream stream;
};

DomuimgInflate *
domuimg_inflate_new (DomuimgWrapper wrapper)
{
  DomuimgInflate *self = g_new0 (DomuimgInflate, 1);

  inflateInit2 (&self->stream, wrapper == DOMUIMG_WRAPPER_GZIP ? GZIP_WINDOW : MAX_WBITS);
  return self;
}

void
domuimg_inflate_free (DomuimgInflate *self)
{
  inflateEnd (&self->stream);
  g_free (self);
}

void
domuimg_inflate_reset (DomuimgInflate *self)
{
  inflateReset (&self->stream);
}

DomuimgInflateStatus
domuimg_inflate_run (DomuimgInflate *self, DomuimgInflateBuffers *buffers)
{
  z_stream *stream = &self->stream;
  int status;

  stream->next_in = (Bytef *) buffers->in;
  stream->avail_in = (uInt) MIN (buffers->in_left, G_MAXUINT32);
  stream->next_out = buffers->out;
  stream->avail_out = (uInt) MIN (buffers->out_left, G_MAXUINT32);
  status = inflate (stream, Z_NO_FLUSH);
  buffers->in_left -= (gsize) (stream->next_in - buffers->in);
  buffers->in = stream->next_in;
  buffers->out_left -= (gsize) (stream->next_out - buffers->out);
  buffers->out = stream->next_out;
  if (status == Z_STREAM_END)
    return DOMUIMG_INFLATE_ENDED;
  /* A buffer error says only that there is no input, or no room. */
  return status == Z_OK || status == Z_BUF_ERROR ? DOMUIMG_INFLATE_GOES_ON
                                                 : DOMUIMG_INFLATE_DAMAGED;
}

guint32
domuimg_crc32 (guint32 crc, const void *data, gsize length)
{
  return (guint32) crc32_z (crc, data, length);
}
