/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest's disks and filesystems while they are open, wherever they come from. */
#include "config.h"
#include "lib/build/step-layout.h"

#include "lib/fs/fs.h"

static void
disk_free (gpointer data)
{
  DomuimgBuildDisk *self = data;

  g_clear_pointer (&self->image, domuimg_image_free);
  g_clear_pointer (&self->region, domuimg_region_unref);
  g_free (self->path);
  g_free (self->volume);
  g_free (self);
}

static void
mount_free (gpointer data)
{
  DomuimgBuildMount *self = data;

  g_clear_object (&self->tree);
  g_free (self->name);
  g_free (self);
}

void
domuimg_build_init_disks (DomuimgBuildState *self)
{
  self->disks = g_ptr_array_new_with_free_func (disk_free);
  self->volumes = g_ptr_array_new_with_free_func (domuimg_pool_volume_free);
  self->mounts = g_ptr_array_new_with_free_func (mount_free);
}

void
domuimg_build_add_disk (DomuimgBuildState *self, char *path)
{
  DomuimgBuildDisk *disk = g_new0 (DomuimgBuildDisk, 1);

  disk->path = path;
  g_ptr_array_add (self->disks, disk);
}

DomuimgBuildDisk *
domuimg_build_get_disk (DomuimgBuildState *self, guint i)
{
  return g_ptr_array_index (self->disks, i);
}

DomuimgRegion *
domuimg_build_open_region (DomuimgBuildState *self, guint i, gboolean writable, GError **error)
{
  const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);
  const DomuimgBuildDisk *disk = domuimg_build_get_disk (self, i);
  g_autoptr (DomuimgRegion) region = disk->region != NULL
                                         ? domuimg_region_ref (disk->region)
                                         : spec->kind->open (disk->path, writable, error);

  return region != NULL ? domuimg_region_new_named (region, spec->path) : NULL;
}

/* What can be opened so are the guest's bytes, in whatever format they are kept. */
gboolean
domuimg_build_open_disk (DomuimgBuildState *self, guint i, GError **error)
{
  const DomuimgDiskSpec *spec = domuimg_plan_get_disk (self->plan, i);
  DomuimgBuildDisk *disk = domuimg_build_get_disk (self, i);
  g_autoptr (DomuimgRegion) region = domuimg_build_open_region (self, i, FALSE, error);
  g_autoptr (DomuimgAppliance) appliance = NULL;

  if (region == NULL)
    return FALSE;
  appliance = domuimg_appliance_new (disk->path, spec->kind->format);
  disk->image = domuimg_image_new (region, "raw", appliance, error);
  return disk->image != NULL;
}

DomuimgBuildMount *
domuimg_build_add_mount (DomuimgBuildState *self, DomuimgImage *image, const DomuimgVolume *volume,
                         const char *name, DomuimgTree *tree)
{
  DomuimgBuildMount *mount = g_new0 (DomuimgBuildMount, 1);

  *mount = (DomuimgBuildMount){ image, volume, g_strdup (name), tree };
  g_ptr_array_add (self->mounts, mount);
  return mount;
}

gboolean
domuimg_build_flush (DomuimgBuildState *self, GError **error)
{
  for (guint i = 0; i < self->mounts->len; i++)
    {
      const DomuimgBuildMount *mount = g_ptr_array_index (self->mounts, i);

      if (mount->tree != NULL && !domuimg_fs_flush_tree (mount->tree, error))
        return FALSE;
    }
  return TRUE;
}

/* Writes out and closes everything, the first error counts. */
gboolean
domuimg_build_step_close (DomuimgBuildState *self, DomuimgProgress *progress,
                          GCancellable *cancellable, GError **error)
{
  gboolean ok = TRUE;

  g_clear_object (&self->tree);
  self->boot_tree = NULL;
  while (self->mounts->len > 0)
    {
      DomuimgBuildMount *mount = g_ptr_array_index (self->mounts, self->mounts->len - 1);

      if (mount->tree != NULL
          && !domuimg_image_close_tree (mount->image, g_steal_pointer (&mount->tree),
                                        ok ? error : NULL))
        ok = FALSE;
      g_ptr_array_set_size (self->mounts, self->mounts->len - 1);
    }
  for (guint i = 0; i < self->disks->len; i++)
    g_clear_pointer (&domuimg_build_get_disk (self, i)->image, domuimg_image_free);
  return ok && domuimg_build_finish_asides (self, cancellable, error)
         && domuimg_build_finish_inside (self, cancellable, error);
}

const char *
domuimg_build_get_kernel_path (const DomuimgBuildState *self)
{
  return self->loader == DOMUIMG_LOADER_DIRECT ? self->plan->kernel_path : NULL;
}

const char *
domuimg_build_get_ramdisk_path (const DomuimgBuildState *self)
{
  return self->loader == DOMUIMG_LOADER_DIRECT && self->has_ramdisk ? self->plan->ramdisk_path
                                                                    : NULL;
}

const char *
domuimg_build_get_xml_path (const DomuimgBuildState *self)
{
  return self->has_xml ? self->plan->xml_path : NULL;
}
