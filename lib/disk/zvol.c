/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a volume of ZFS, made for it. */
#include "config.h"
#include "lib/base/zfs.h"

#include "lib/disk/volume.h"
#include "lib/image/export.h"
#include "lib/disk/copy.h"

/* A multiple of every size that its blocks may have. */
#define ROUND ((guint64) 1 << 20)

static gboolean
complete (DomuimgDiskSpec *disk, GError **error)
{
  return domuimg_disk_volume_complete (disk, DOMUIMG_ZFS_DIRECTORY, error)
         && domuimg_zfs_check_path (disk->path, error);
}

static gboolean
check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  return domuimg_zfs_check_room (disk->path, disk->size, error)
         && domuimg_disk_volume_check (disk, replace, error);
}

static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *path, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autofree char *mark = domuimg_undo_get_mark (making->undo);
  guint64 whole = domuimg_disk_volume_round (size, ROUND);

  if (!domuimg_zfs_check_room (disk->path, whole, error)
      || !domuimg_zfs_create (path, whole, mark, cancellable, error))
    return NULL;
  /* What nobody has written to reads as zeros there. */
  return domuimg_disk_volume_open_empty (path, TRUE, cancellable, error);
}

const DomuimgDiskKind domuimg_disk_kind_zvol = {
  .scheme = "zvol",
  .placeholder = "POOL/NAME",
  .name = "zvol",
  .storage = "zvol",
  .format = "raw",
  .copies = domuimg_copy_ways_of_others,
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .volumes = &domuimg_volumes_zfs,
  .complete = complete,
  .describe = domuimg_disk_file_describe,
  .check = check,
  .create = domuimg_disk_volume_create,
  .begin = begin,
  .to_node = domuimg_device_to_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
