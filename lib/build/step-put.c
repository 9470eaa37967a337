/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Begins each disk and ends it, for kinds of disks of which something is held back or kept aside while
 * they are made. */
#include "config.h"
#include "lib/build/state.h"

/* The ID of the volume at @path. */
static char *
identify (const DomuimgVolumes *volumes, const char *path, GError **error)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!volumes->look (path, &state, error))
    return NULL;
  if (state.id == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s has vanished", path);
  return g_steal_pointer (&state.id);
}

gboolean
domuimg_build_begin_disk (DomuimgBuildState *self, guint i, guint64 size,
                          GCancellable *cancellable, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
  const DomuimgDiskMaking making = domuimg_build_get_making (self, i);
  DomuimgBuildDisk *made = domuimg_build_get_disk (self, i);

  if (disk->kind->begin == NULL)
    return disk->kind->allocate (disk, made->path, size, NULL, cancellable, error);
  made->region = disk->kind->begin (disk, made->path, size, &making, cancellable, error);
  if (made->region == NULL || disk->kind->volumes == NULL)
    return made->region != NULL;
  made->volume = identify (disk->kind->volumes, made->path, error);
  return made->volume != NULL;
}

static gboolean
end_disk (DomuimgBuildState *self, guint i, GCancellable *cancellable, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
  const DomuimgBuildDisk *made = domuimg_build_get_disk (self, i);
  g_autofree char *what = g_strdup_printf ("disk/%u/image", i);
  g_autofree char *uuid = domuimg_plan_make_uuid (self->plan, what);
  DomuimgDiskMaking making = domuimg_build_get_making (self, i);

  making.uuid = uuid;
  return disk->kind->end (disk, made->path, made->region, &making, cancellable, error);
}

static gboolean
upload_file (DomuimgBuildState *self, const char *path, const char *from,
             GCancellable *cancellable, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, 0);
  const DomuimgDiskMaking making = domuimg_build_get_making (self, 0);
  g_autofree char *name = path != NULL ? g_path_get_basename (path) : NULL;

  return path == NULL || disk->kind->put_file (disk, name, from, &making, cancellable, error);
}

static gboolean
upload_files (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  return !self->plan->has_files_elsewhere
         || (upload_file (self, domuimg_build_get_kernel_path (self), self->kernel, cancellable,
                          error)
             && upload_file (self, domuimg_build_get_ramdisk_path (self), self->ramdisk, cancellable,
                             error)
             && upload_file (self, self->has_seed ? self->plan->seed_path : NULL, self->seed,
                             cancellable, error));
}

gboolean
domuimg_build_step_upload (DomuimgBuildState *self, DomuimgProgress *progress,
                           GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
      const DomuimgBuildDisk *made = domuimg_build_get_disk (self, i);
      const DomuimgDiskMaking making = domuimg_build_get_making (self, i);

      if (disk->kind->put == NULL)
        continue;
      domuimg_progress_set_message (progress, "Uploading %s", disk->path);
      if (disk->kind->end != NULL && made->region != NULL && !end_disk (self, i, cancellable, error))
        return FALSE;
      if (!disk->kind->put (disk, made->path, &making, progress, cancellable, error))
        return FALSE;
    }
  return upload_files (self, cancellable, error);
}

/* Everything is made by now. */
gboolean
domuimg_build_step_announce (DomuimgBuildState *self, DomuimgProgress *progress,
                             GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
      const DomuimgDiskMaking making = domuimg_build_get_making (self, i);
      g_autoptr (GError) local = NULL;

      if (disk->kind->announce != NULL && !disk->kind->announce (disk, &making, &local))
        g_ptr_array_add (self->warnings, g_strdup (local->message));
    }
  return TRUE;
}

gboolean
domuimg_build_step_put (DomuimgBuildState *self, DomuimgProgress *progress,
                        GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

      if (disk->kind->end == NULL || disk->kind->put != NULL
          || domuimg_build_get_disk (self, i)->region == NULL)
        continue;
      domuimg_progress_set_message (progress, "Writing to %s", disk->path);
      if (!end_disk (self, i, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

void
domuimg_build_tell_lost (DomuimgBuildState *self, GError **error)
{
  for (guint i = 0; i < self->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

      if (disk->kind->explain != NULL && domuimg_build_get_disk (self, i)->region != NULL)
        disk->kind->explain (disk, error);
      if ((disk->kind->traits & DOMUIMG_DISK_OVERWRITES) != 0
          && domuimg_build_get_disk (self, i)->region != NULL)
        g_prefix_error (error, DOMUIMG_DISK_LOST, disk->path);
    }
}
