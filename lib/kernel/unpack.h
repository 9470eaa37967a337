/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/decompress.h"

/* A compressed kernel, unpacked for what it says of itself: only its headers, notes and configuration
 * are kept. The rest reads as zeros, and takes no memory. All of it is decompressed, to see damage,
 * unless that is known. */
typedef struct {
  DomuimgCompression compression;
  DomuimgBytes packed;
  const char *name;  /* for messages */
  guint64 size;      /* that its loader expects */
  gboolean is_whole; /* known not to be damaged */
} DomuimgPacked;

typedef struct {
  guint8 *data;
  gsize size;
  guint64 config; /* where its configuration begins, 0 where there is none */
} DomuimgUnpacked;

/* FALSE with no error where the notes cannot be told from the headers, so that all of it must be
 * kept; else CORRUPT_INPUT. */
gboolean domuimg_unpack (const DomuimgPacked *packed, DomuimgUnpacked *unpacked, GError **error);
void domuimg_unpacked_clear (DomuimgUnpacked *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgUnpacked, domuimg_unpacked_clear)
