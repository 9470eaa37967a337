/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A file in memory that takes what User-mode Linux writes to a disk which is only read, in the format
 * of its block driver: reading a filesystem that was not unmounted means replaying its journal.
 * @path: by which that opens the disk. -1 on error. */
int domuimg_uml_cow_make (const DomuimgRegion *disk, const char *path, GError **error);
