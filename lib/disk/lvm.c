/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A disk that is a logical volume of this host, made for it. */
#include "config.h"
#include "lib/base/lvm.h"

#include "lib/disk/volume.h"

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
         && domuimg_disk_volume_check (disk, replace, &domuimg_volumes_lvm, error);
}

static char *
create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making, GError **error)
{
  return domuimg_undo_add_volume (making->undo, &domuimg_volumes_lvm, disk->path, making->replace,
                                  error);
}

static DomuimgRegion *
begin (const DomuimgDiskSpec *disk, const char *path, guint64 size,
       const DomuimgDiskMaking *making, GCancellable *cancellable, GError **error)
{
  g_autofree char *mark = domuimg_undo_get_mark (making->undo);
  const DomuimgLvmNew new = { path, disk->thin, domuimg_disk_volume_round (size), mark };

  if (!domuimg_lvm_check_room (disk->path, disk->thin, new.size, error)
      || !domuimg_lvm_create (&new, cancellable, error))
    return NULL;
  return domuimg_disk_volume_open_empty (path, disk->thin != NULL, cancellable, error);
}

static char *
identify (const char *path, GError **error)
{
  return domuimg_disk_volume_identify (path, &domuimg_volumes_lvm, error);
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

const DomuimgDiskKind domuimg_disk_kind_lvm = {
  .scheme = "lvm",
  .placeholder = "GROUP/VOLUME",
  .name = "lvm",
  .storage = "lvm",
  .format = "raw",
  .options = "thin",
  .traits = DOMUIMG_DISK_CAN_BE_FILLED,
  .complete = complete,
  .describe = domuimg_disk_file_describe,
  .check = check,
  .create = create,
  .begin = begin,
  .identify = identify,
  .explain = explain,
  .to_node = domuimg_disk_volume_to_node,
  .fill_domain = domuimg_disk_file_fill_domain,
};
