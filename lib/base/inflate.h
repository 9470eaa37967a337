/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Unpacks deflated data and checks the checksum of what is around them. There are two of it with the
 * same result: by ISA-L, which takes a quarter of the time, and by zlib, if ISA-L is not installed
 * when this is built. */
typedef struct _DomuimgInflate DomuimgInflate;

typedef enum {
  DOMUIMG_WRAPPER_GZIP, /* RFC 1952, one member */
  DOMUIMG_WRAPPER_ZLIB, /* RFC 1950 */
} DomuimgWrapper;

typedef enum {
  DOMUIMG_INFLATE_GOES_ON, /* with more input or more room */
  DOMUIMG_INFLATE_ENDED,
  DOMUIMG_INFLATE_DAMAGED,
} DomuimgInflateStatus;

/* What is left of both; at most 4 GiB each. */
typedef struct {
  const guint8 *in;
  gsize in_left;
  guint8 *out;
  gsize out_left;
} DomuimgInflateBuffers;

DomuimgInflate *domuimg_inflate_new (DomuimgWrapper wrapper);
void domuimg_inflate_free (DomuimgInflate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgInflate, domuimg_inflate_free)
/* For the next member or stream. */
void domuimg_inflate_reset (DomuimgInflate *self);
DomuimgInflateStatus domuimg_inflate_run (DomuimgInflate *self, DomuimgInflateBuffers *buffers);

/* The checksum of gzip, CRC-32, of what has @crc so far (0 at first) and @length bytes more. */
guint32 domuimg_crc32 (guint32 crc, const void *data, gsize length);
