/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a volume of ZFS, made for it. */
#include "config.h"
#include "lib/base/zfs.h"

#include "lib/disk/volume.h"

/* A multiple of every size that its blocks may have. */
#define ROUND ((guint64) 1 << 20)

static guint64
round_up (guint64 size)
{
  return (size + ROUND - 1) / ROUND * ROUND;
}

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
         && domuimg_disk_volume_check (disk, replace, &domuimg_volumes_zfs, error);
}

static char *
create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  return domuimg_undo_add_volume (making->undo, &domuimg_volumes_zfs, disk->path, making->replace,
                                  error);
}

static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *path, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autofree char *mark = domuimg_undo_get_mark (making->undo);

  if (!domuimg_zfs_check_room (disk->path, round_up (size), error)
      || !domuimg_zfs_create (path, round_up (size), mark, cancellable, error))
    return NULL;
  /* What nobody has written to reads as zeros there. */
  return domuimg_disk_volume_open_empty (path, TRUE, cancellable, error);
}

static char *
identify (const char *path, GError **error)
{
  return domuimg_disk_volume_identify (path, &domuimg_volumes_zfs, error);
}

const DomuimgDiskKind domuimg_disk_kind_zvol = {
  .scheme = "zvol",
  .placeholder = "POOL/NAME",
  .name = "zvol",
  .storage = "zvol",
  .format = "raw",
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .complete = complete,
  .describe = domuimg_disk_file_describe,
  .check = check,
  .create = create,
  .begin = begin,
  .identify = identify,
  .to_node = domuimg_disk_volume_to_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
