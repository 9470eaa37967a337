/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/mkfs.h"

/* Filesystems that are written once, as a whole, from the files of another one: of ext, in the file @from. */

/* With all attributes, but for sockets, which go, and parts of a second. What lies in @into reads as zeros. */
gboolean domuimg_pack_squashfs (const DomuimgMkfs *what, DomuimgRegion *from,
                                const DomuimgRegion *into, GCancellable *cancellable,
                                GError **error);
/* With all attributes. */
gboolean domuimg_pack_erofs (const DomuimgMkfs *what, DomuimgRegion *from, const DomuimgRegion *into,
                             GCancellable *cancellable, GError **error);
/* Bytes of each, where nothing can be compressed. */
guint64 domuimg_pack_min_size (const DomuimgUsage *usage);
/* NO_SPACE where the @fs of @size bytes is larger than @into. */
gboolean domuimg_pack_fits (const char *fs, guint64 size, const DomuimgRegion *into, GError **error);
