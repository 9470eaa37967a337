/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks that are volumes: nobody has seen them before their names, so nothing of them is held back. */
#include "config.h"
#include "lib/disk/volume.h"

#include "lib/base/block.h"
#include "lib/base/direct.h"
#include "lib/base/fd.h"
#include "lib/image/export.h"

#define ROUND ((guint64) 4096)

gboolean
domuimg_disk_volume_complete (DomuimgDiskSpec *disk, const char *directory, GError **error)
{
  char *path;

  if (disk->path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk %s: has no name: write %s:%s", disk->kind->scheme,
                         disk->kind->scheme, disk->kind->placeholder);
  if (*disk->path == '/' || strchr (disk->path, '/') == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "disk “%s:%s” is not %s:%s", disk->kind->scheme, disk->path,
                         disk->kind->scheme, disk->kind->placeholder);
  path = g_build_filename (directory, disk->path, NULL);
  g_free (disk->path);
  disk->path = path;
  return TRUE;
}

gboolean
domuimg_disk_volume_check (const DomuimgDiskSpec *disk, gboolean replace,
                           const DomuimgVolumes *volumes, GError **error)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!volumes->look (disk->path, &state, error))
    return FALSE;
  if (state.id != NULL && !replace)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                         "%s exists already; remove it, choose another name, or use --force, which"
                         " destroys it",
                         disk->path);
  return state.id == NULL || !volumes->names.is_busy (&volumes->names, disk->path)
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s is in use: shut the guest down, or unmount it, first", disk->path);
}

guint64
domuimg_disk_volume_round (guint64 size)
{
  return (size + ROUND - 1) / ROUND * ROUND;
}

/* The blocks of a volume may be those of one that was removed, with what was in it. */
DomuimgRegion *
domuimg_disk_volume_open_empty (const char *path, gboolean is_empty, GCancellable *cancellable,
                                GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_block_open (path, TRUE, error);
  g_autoptr (DomuimgRegion) region
      = fd >= 0 ? domuimg_region_new_for_fd (fd, path, error) : NULL;

  if (region == NULL || (!is_empty && !domuimg_block_zero (region, cancellable, error)))
    return NULL;
  return domuimg_direct_new (region);
}

char *
domuimg_disk_volume_identify (const char *path, const DomuimgVolumes *volumes, GError **error)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!volumes->look (path, &state, error))
    return NULL;
  if (state.id == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s has vanished", path);
  return g_steal_pointer (&state.id);
}

char *
domuimg_disk_volume_to_node (const char *path)
{
  return domuimg_device_to_node (path);
}
