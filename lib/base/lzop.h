/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/decompress.h"

/* A file of lzop(1), which libarchive reads by running that program only (in Debian). The
 * format is lzop's, see its source, src/lzop.c. */
typedef struct _DomuimgLzop DomuimgLzop;

DomuimgLzop *domuimg_lzop_new (const DomuimgInput *input, guint64 offset, GError **error);
void domuimg_lzop_free (DomuimgLzop *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgLzop, domuimg_lzop_free)
/* They do what domuimg_decoder_read and domuimg_decoder_get_consumed do. */
gssize domuimg_lzop_read (DomuimgLzop *self, const void **data, GError **error);
guint64 domuimg_lzop_get_consumed (DomuimgLzop *self);
