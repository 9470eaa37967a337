/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of disks that there are. */
#include "config.h"
#include "lib/disk/file.h"

const DomuimgDiskKind *const domuimg_disk_kinds[] = {
  &domuimg_disk_kind_raw,     &domuimg_disk_kind_qcow2,   &domuimg_disk_kind_vhd,
  &domuimg_disk_kind_overlay, &domuimg_disk_kind_archive, &domuimg_disk_kind_device,
  &domuimg_disk_kind_lvm,     &domuimg_disk_kind_zvol,    &domuimg_disk_kind_pool,
  NULL,
};
