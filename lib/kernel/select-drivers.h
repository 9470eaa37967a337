/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/kernel/select.h"

/* Whether the kernel can reach its root: a driver for the disks of such a guest, and one for
 * @root_fs (nullable). @text says where they are ("xen-blkfront and ext4 are in its
 * initramfs"), or else what is missing; neither begins with a capital nor ends with a full stop. */
gboolean domuimg_drivers_check (DomuimgTree *tree, DomuimgKernelChoice *choice,
                                DomuimgGuestType type, const char *root_fs, char **text);
