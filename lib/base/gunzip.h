/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Unpacks the gzip data that takes @length bytes at @offset of @path into @fd, an empty file, with
 * holes for zeros. Damaged data, and more than @limit bytes of it, are CORRUPT_INPUT. */
gboolean domuimg_gunzip_to (const char *path, guint64 offset, guint64 length, int fd,
                            guint64 limit, GCancellable *cancellable, GError **error);
