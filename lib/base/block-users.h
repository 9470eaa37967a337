/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* BUSY, with what uses the block device @path: a mount point, a swap space, a device above it. */
gboolean domuimg_block_fail_busy (const char *path, GError **error);
