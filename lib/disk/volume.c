/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks that are volumes: nobody has seen them before their names, so nothing of them is held back. */
#include "config.h"
#include "lib/disk/volume.h"

#include "lib/base/block.h"
#include "lib/base/direct.h"
#include "lib/base/fd.h"

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
domuimg_disk_volume_check (const DomuimgDiskSpec *disk, gboolean replace, GError **error)
{
  const DomuimgVolumes *volumes = disk->kind->volumes;
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

char *
domuimg_disk_volume_create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making,
                            GError **error)
{
  return domuimg_undo_add_volume (making->undo, disk->kind->volumes, disk->path, making->replace,
                                  error);
}

guint64
domuimg_disk_volume_round (guint64 size, guint64 step)
{
  return (size + step - 1) / step * step;
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
