/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/decompress.h"

/* A compressed kernel, unpacked for what it says of itself: all of it is decompressed, and so
 * known to be whole, but only its headers, notes and configuration are kept. The rest reads as
 * zeros, and takes no memory. */
typedef struct {
  guint8 *data;
  gsize size;
  guint64 config; /* where its configuration begins, 0 where there is none */
} DomuimgUnpacked;

/* @expected: the size that its loader expects. FALSE with no error where the notes cannot be told
 * from the headers, so that all of it must be kept; else CORRUPT_INPUT. */
gboolean domuimg_unpack (DomuimgCompression compression, DomuimgBytes packed, const char *name,
                         guint64 expected, DomuimgUnpacked *unpacked, GError **error);
void domuimg_unpacked_clear (DomuimgUnpacked *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgUnpacked, domuimg_unpacked_clear)
