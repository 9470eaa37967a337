/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one table of drivers that a guest needs. */
#include "config.h"
#include "lib/kernel/needs.h"

static const DomuimgNeed xen_disks = {
  "Xen's disks", "xen-blkfront", { "xen-blkfront" }, { "CONFIG_XEN_BLKDEV_FRONTEND" },
};
static const DomuimgNeed any_disks = {
  "its disks",
  "a disk driver (xen-blkfront, ata_piix or ahci)",
  { "xen-blkfront", "ata_piix", "ahci" },
  { "CONFIG_XEN_BLKDEV_FRONTEND", "CONFIG_ATA_PIIX", "CONFIG_SATA_AHCI" },
};
const DomuimgNeed domuimg_need_of_network = {
  "Xen's network", "xen-netfront", { "xen-netfront" }, { "CONFIG_XEN_NETDEV_FRONTEND" },
};
const DomuimgNeed domuimg_need_of_volumes
    = { "logical volumes", "dm-mod", { "dm-mod" }, { "CONFIG_BLK_DEV_DM" } };

const DomuimgNeed domuimg_need_of_containers
    = { "encrypted disks", "dm-crypt", { "dm-crypt" }, { "CONFIG_DM_CRYPT" } };

static const DomuimgNeed filesystems[] = {
  { "ext2", "ext2", { "ext4", "ext2" }, { "CONFIG_EXT4_FS", "CONFIG_EXT2_FS" } },
  { "ext3", "ext3", { "ext4", "ext3" }, { "CONFIG_EXT4_FS", "CONFIG_EXT3_FS" } },
  { "ext4", "ext4", { "ext4" }, { "CONFIG_EXT4_FS" } },
  { "xfs", "xfs", { "xfs" }, { "CONFIG_XFS_FS" } },
  { "btrfs", "btrfs", { "btrfs" }, { "CONFIG_BTRFS_FS" } },
  { "f2fs", "f2fs", { "f2fs" }, { "CONFIG_F2FS_FS" } },
  { "erofs", "erofs", { "erofs" }, { "CONFIG_EROFS_FS" } },
  { "squashfs", "squashfs", { "squashfs" }, { "CONFIG_SQUASHFS" } },
};

const DomuimgNeed *
domuimg_need_of_disks (DomuimgGuestType type)
{
  return type == DOMUIMG_GUEST_TYPE_HVM ? &any_disks : &xen_disks;
}

const DomuimgNeed *
domuimg_need_of_fs (const char *fs)
{
  for (guint i = 0; i < G_N_ELEMENTS (filesystems); i++)
    if (g_strcmp0 (fs, filesystems[i].what) == 0)
      return &filesystems[i];
  return NULL;
}
