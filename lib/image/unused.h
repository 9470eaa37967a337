/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/unused.h"
#include "lib/image/image.h"

/* The runs of bytes of the image that hold nothing of the guest's, whatever bytes are there: free blocks of ext
 * filesystems that are clean, and swap space. Only whole multiples of @granularity, aligned to it.
 * For raw images. */
gboolean domuimg_image_each_unused (DomuimgImage *self, const DomuimgVolume *volume,
                                    guint64 granularity, DomuimgUnused callback,
                                    gpointer user_data, GError **error);
