/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The layouts of disks that there are. */
#include "config.h"
#include "lib/disk/layout.h"

#define BLOCK ((guint64) 4096)

static guint64
round_to_blocks (guint64 size)
{
  return size & ~(BLOCK - 1);
}

const DomuimgLayout domuimg_layout_none = { round_to_blocks, domuimg_region_ref };
