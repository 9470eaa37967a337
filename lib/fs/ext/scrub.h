/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Makes zeros of what a filesystem in @region, that was unmounted and nobody has open, still has of files
 * that are gone: its journal, inodes that are free, and the names of entries that were removed. Free blocks
 * are not touched (unused.h). */
gboolean domuimg_ext_scrub (DomuimgRegion *region, GError **error);
