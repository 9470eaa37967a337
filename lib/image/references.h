/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Whether an image of this format takes parts of its content from other files, which it names
 * itself: a backing file, an extent, a parent. A foreign image could name any file of the host. */
gboolean domuimg_image_refers_to_others (const DomuimgRegion *region, const char *format,
                                         gboolean *refers, GError **error);
