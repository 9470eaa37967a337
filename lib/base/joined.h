/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* The bytes of several regions, one behind another, as those of one. Each is counted; all of them
 * are open for writing if the whole is to be written to. */
DomuimgRegion *domuimg_region_new_joined (DomuimgRegion *const *pieces, guint n, const char *name);
/* (unowned) Piece @i. */
DomuimgRegion *domuimg_joined_get_piece (const DomuimgRegion *self, guint i);
