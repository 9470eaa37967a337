/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Names of virtual disks, by xen-vbd-interface(7), as far as libxl takes them. */

/* "xvda", "xvdb2", "hda1", "sdc", "d1p2", or a number as 51712 or 0xca00: the number of the disk
 * (0 for xvda and its kin) and of the partition (0: the whole disk). FALSE for anything else. */
gboolean domuimg_vdev_parse (const char *vdev, guint *disk, guint *partition);
/* The number that the device has between Xen and the guest; FALSE where libxl takes no such name.
 * It takes any number, also one that domuimg_vdev_parse can make nothing of. */
gboolean domuimg_vdev_number (const char *vdev, guint *number);
/* "xvda", "xvdaa", ... and a partition's number: as Linux's xen-blkfront names the device, which
 * maps hdX and sdX to xvdX. (transfer full) */
char *domuimg_vdev_linux_name (const char *vdev);
