/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Formats of image files, told by their headers. */

typedef struct {
  const char *name; /* as xl.cfg says it: "raw", "qcow2", ... */
  guint64 size;     /* bytes that a guest sees; 0 where the header is not read for it */
} DomuimgImageFormat;

/* @size: of the file or device. CORRUPT_INPUT where a header is damaged, IO. */
gboolean domuimg_image_detect_format (int fd, guint64 size, const char *path,
                                      DomuimgImageFormat *format, GError **error);
/* As detect_format, of an image that takes @size bytes at @start. */
gboolean domuimg_image_detect_format_at (int fd, guint64 start, guint64 size, const char *path,
                                         DomuimgImageFormat *format, GError **error);
