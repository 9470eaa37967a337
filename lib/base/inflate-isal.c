/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks deflated data by ISA-L. */
#include "config.h"
#include "lib/base/inflate.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

struct _DomuimgInflate {
  DomuimgWrapper wrapper;
  gboolean is_damaged; /* its state is of no use any more */
  struct inflate_state state;
};

DomuimgInflate *
domuimg_inflate_new (DomuimgWrapper wrapper)
{
  DomuimgInflate *self = g_new0 (DomuimgInflate, 1);

  self->wrapper = wrapper;
  isal_inflate_init (&self->state);
  domuimg_inflate_reset (self);
  return self;
}

void
domuimg_inflate_free (DomuimgInflate *self)
{
  g_free (self);
}

void
domuimg_inflate_reset (DomuimgInflate *self)
{
  isal_inflate_reset (&self->state);
  self->state.crc_flag = self->wrapper == DOMUIMG_WRAPPER_GZIP ? ISAL_GZIP : ISAL_ZLIB;
  self->is_damaged = FALSE;
}

DomuimgInflateStatus
domuimg_inflate_run (DomuimgInflate *self, DomuimgInflateBuffers *buffers)
{
  struct inflate_state *state = &self->state;

  if (self->is_damaged)
    return DOMUIMG_INFLATE_DAMAGED;
  state->next_in = (guint8 *) buffers->in;
  state->avail_in = (guint32) MIN (buffers->in_left, G_MAXUINT32);
  state->next_out = buffers->out;
  state->avail_out = (guint32) MIN (buffers->out_left, G_MAXUINT32);
  self->is_damaged = isal_inflate (state) != ISAL_DECOMP_OK;
  buffers->in_left -= (gsize) (state->next_in - buffers->in);
  buffers->in = state->next_in;
  buffers->out_left -= (gsize) (state->next_out - buffers->out);
  buffers->out = state->next_out;
  if (self->is_damaged)
    return DOMUIMG_INFLATE_DAMAGED;
  return state->block_state == ISAL_BLOCK_FINISH ? DOMUIMG_INFLATE_ENDED : DOMUIMG_INFLATE_GOES_ON;
}

guint32
domuimg_crc32 (guint32 crc, const void *data, gsize length)
{
  return crc32_gzip_refl (crc, data, length);
}
