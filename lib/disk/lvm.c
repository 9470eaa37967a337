/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a logical volume of this host, made for it. */
#include "config.h"
#include "lib/base/lvm.h"

#include "lib/disk/volume.h"
#include "lib/image/export.h"
#include "lib/disk/copy.h"

/* A block of any filesystem. */
#define ROUND ((guint64) 4096)

static gboolean
complete (DomuimgDiskSpec *disk, GError **error)
{
  return domuimg_disk_volume_complete (disk, "/dev", error)
         && domuimg_lvm_check_path (disk->path, error);
}

static gboolean
check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  return domuimg_lvm_check_room (disk->path, disk->thin, disk->size, error)
         && domuimg_disk_volume_check (disk, replace, error);
}

static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *path, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autofree char *mark = domuimg_undo_get_mark (making->undo);
  const DomuimgLvmNew new = { path, disk->thin, domuimg_disk_volume_round (size, ROUND), mark };

  if (!domuimg_lvm_check_room (disk->path, disk->thin, new.size, error)
      || !domuimg_lvm_create (&new, cancellable, error))
    return NULL;
  return domuimg_disk_volume_open_empty (path, disk->thin != NULL, cancellable, error);
}

/* A thin pool that runs out of room says no more than that writing has failed. */
static void
explain (const DomuimgDiskSpec *disk, GError **error)
{
  g_autoptr (GError) why = NULL;

  if (disk->thin == NULL || domuimg_lvm_check_room (disk->path, disk->thin, 0, &why)
      || !g_error_matches (why, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE))
    return;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&why));
}

static gboolean
resize (const char *path, guint64 size, GCancellable *cancellable, GError **error)
{
  return domuimg_lvm_extend (path, size, cancellable, error);
}

const DomuimgDiskKind domuimg_disk_kind_lvm = {
  .scheme = "lvm",
  .placeholder = "GROUP/VOLUME",
  .name = "lvm",
  .storage = "lvm",
  .format = "raw",
  .options = "thin",
  .copies = domuimg_copy_ways_of_others,
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .volumes = &domuimg_volumes_lvm,
  .complete = complete,
  .describe = domuimg_disk_file_describe,
  .check = check,
  .create = domuimg_disk_volume_create,
  .begin = begin,
  .explain = explain,
  .resize = resize,
  .check_more = domuimg_lvm_check_more,
  .to_node = domuimg_device_to_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
