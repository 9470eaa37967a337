/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Makes the filesystem @fs ("xfs", "btrfs"; a constant) in @region larger, which has @size bytes of
 * room. MISSING_TOOL without User-mode Linux. */
gboolean domuimg_uml_grow (const DomuimgRegion *region, const char *fs, guint64 size,
                           GError **error);
