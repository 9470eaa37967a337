/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/decompress.h"

/* Where the zstd frames that begin at @offset end (RFC 8878): libarchive takes what follows
 * them for a damaged frame, and an initramfs is often filled up with zeros. G_MAXUINT64 where a
 * frame is damaged or cut off; then the decoder will say so. */
guint64 domuimg_zstd_frames_end (const DomuimgInput *input, guint64 offset);
