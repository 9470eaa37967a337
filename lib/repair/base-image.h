/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/known.h"

/* The image that @disk lies over, by what the manifest says or else the image itself: an absolute path. NULL
 * where it is whole by itself, or that cannot be told. */
char *domuimg_base_image_find (const DomuimgManifestDisk *disk);
/* BUSY where a disk of a guest that was made here lies over the image @path. */
gboolean domuimg_base_image_check_file (const char *path, GError **error);
/* The same of each of @paths (element-type filename). */
gboolean domuimg_base_image_check_files (GPtrArray *paths, GError **error);
/* BUSY where one lies over a disk of @manifest's guest; both name the guests that do. */
gboolean domuimg_base_image_check_unused (const DomuimgManifest *manifest, GError **error);
