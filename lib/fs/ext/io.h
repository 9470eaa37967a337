/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ext2fs/ext2fs.h>

#include "lib/base/region.h"

/* What libext2fs reads and writes a region through that is not a part of a file. */
extern io_manager domuimg_ext_io;

/* The name by which that opens @region, which has to stay until then. */
char *domuimg_ext_io_name (DomuimgRegion *region);
