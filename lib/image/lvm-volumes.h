/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* The volume group of which all extents that matter lie in one region, read here: what is in an encrypted
 * disk, no other Linux can be shown. */

/* Adds the logical volumes of the physical one in @region to @volumes, each as one region that is
 * @inside; one that is thin, mirrored, striped or elsewhere is a line in @problems. */
gboolean domuimg_lvm_add_volumes (DomuimgRegion *region, GPtrArray *volumes, GPtrArray *problems,
                                  GError **error);
