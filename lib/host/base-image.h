/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/known.h"

/* The image that @disk lies over, by what the manifest says or else the image itself: an absolute path. NULL
 * where it is whole by itself, or that cannot be told. */
char *domuimg_base_image_find (const DomuimgManifestDisk *disk);
/* BUSY where a disk of another guest of @known (element-type DomuimgKnown) lies over one of @manifest's, with
 * the guest's name. */
gboolean domuimg_base_image_check_unused (const GPtrArray *known, const DomuimgManifest *manifest,
                                          GError **error);
