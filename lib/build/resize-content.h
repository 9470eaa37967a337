/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fs.h"
#include "lib/image/image.h"

/* What is on a disk that gets another size. */
typedef struct {
  DomuimgImage *image;   /* the disk as it is now */
  DomuimgVolume *volume; /* of @image: the last one, whose end is the disk's */
  const DomuimgFs *fs;   /* (nullable) nothing is on it */
  GCancellable *cancellable;
} DomuimgResizeContent;

/* Bytes of the last partition on a disk of @size; of what has none, of all. */
guint64 domuimg_resize_content_find_length (const DomuimgResizeContent *self, guint64 size);
/* Gives what is on @disk, a copy of the image that is at @place, the room that it has there on a disk
 * of @size: the end of one that becomes smaller is cut off afterwards, of one that becomes larger is
 * there. */
gboolean domuimg_resize_content_run (const DomuimgResizeContent *self, DomuimgRegion *disk,
                                     const char *place, guint64 size, GError **error);
