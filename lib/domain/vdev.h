/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Names of virtual disks, by xen-vbd-interface(7). */

/* "xvda", "xvdb2", "hda1", "sdc", "d1p2", or a number as 51712 or 0xca00: the number of the disk
 * (0 for xvda and its kin) and of the partition (0: the whole disk). FALSE for anything else. */
gboolean domuimg_vdev_parse (const char *vdev, guint *disk, guint *partition);
/* "xvda", "xvdaa", ... and a partition's number: as Linux's xen-blkfront names the device, which
 * maps hdX and sdX to xvdX. (transfer full) */
char *domuimg_vdev_linux_name (const char *vdev);
