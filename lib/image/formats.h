/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Formats of image files, told by their headers. */

typedef struct {
  const char *name; /* as xl.cfg says it: "raw", "qcow2", ... */
  guint64 size;     /* bytes that a guest sees; 0 where the header is not read for it */
} DomuimgImageFormat;

/* CORRUPT_INPUT where a header is damaged, IO. */
gboolean domuimg_image_detect_format (const DomuimgRegion *region, DomuimgImageFormat *format,
                                      GError **error);
