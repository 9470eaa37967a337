/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* An image of any format as plain bytes, by QEMU's storage daemon, so that whatever reads a raw image
 * reads it. What is read only is seen through an overlay, which takes what a journal's replay
 * writes. */
typedef struct _DomuimgPlain DomuimgPlain;

/* NULL where this host cannot do it, or the image cannot be opened. @size: bytes that the guest sees. */
DomuimgPlain *domuimg_plain_new (const char *path, const char *format, guint64 size,
                                 gboolean writable, GError **error);
DomuimgRegion *domuimg_plain_get_region (DomuimgPlain *self);
void domuimg_plain_free (DomuimgPlain *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgPlain, domuimg_plain_free)
