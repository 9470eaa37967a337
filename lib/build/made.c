/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a check what a build has at hand of the guest that it made: nothing is opened or unpacked a
 * second time, and all of it goes by the names that it will have. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/build/transfer.h"
#include "lib/check/run.h"
#include "lib/domain/model/vdev.h"
#include "lib/image/devices.h"

static void
add_place (GHashTable *places, const char *later, const char *now)
{
  if (later != NULL && now != NULL)
    g_hash_table_insert (places, g_strdup (later), g_strdup (now));
}

static GHashTable *
list_places (DomuimgBuildState *self)
{
  GHashTable *places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  add_place (places, domuimg_build_get_kernel_path (self), self->kernel);
  add_place (places, domuimg_build_get_ramdisk_path (self), self->ramdisk);
  return places;
}

/* A disk as it is now, under the name that it will have. */
static DomuimgImage *
open_disk (DomuimgBuildState *self, guint i, GError **error)
{
  const char *path = g_ptr_array_index (self->images, i);
  const char *later = domuimg_plan_get_disk (self->plan, i)->path;
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgRegion) named = NULL;
  g_autoptr (DomuimgAppliance) appliance = NULL;

  if (self->transfer != NULL)
    {
      DomuimgTransferDisk *disk = g_ptr_array_index (self->transfer->disks, i);

      return domuimg_image_new_named (disk->image, later);
    }
  region = domuimg_region_open (path, FALSE, error);
  if (region == NULL)
    return NULL;
  named = domuimg_region_new_named (region, later);
  appliance = domuimg_appliance_new (path, "raw");
  return domuimg_image_new (named, "raw", appliance, error);
}

/* (unowned) (nullable) The files of a device, where the build has them open. */
static DomuimgTree *
find_tree (DomuimgBuildState *self, const DomuimgDevice *device)
{
  if (self->transfer == NULL)
    return device->disk == 0 ? self->tree : NULL;
  for (guint i = 0; i < self->transfer->mounts->len; i++)
    {
      const DomuimgTransferMount *mount = g_ptr_array_index (self->transfer->mounts, i);

      if (mount->tree != NULL && g_str_equal (mount->name, device->name))
        return mount->tree;
    }
  return NULL;
}

/* Adds what is on one disk. */
static gboolean
add_devices (DomuimgBuildState *self, GPtrArray *devices, guint i, DomuimgImage *image,
             GError **error)
{
  g_autofree char *name = domuimg_vdev_linux_name (domuimg_plan_get_disk (self->plan, i)->vdev);
  GPtrArray *volumes = domuimg_image_list_volumes (image, error);
  guint first = devices->len;

  if (volumes == NULL)
    return FALSE;
  domuimg_devices_add_volumes (devices, name, i, image, volumes);
  for (guint j = first; j < devices->len; j++)
    {
      DomuimgDevice *device = g_ptr_array_index (devices, j);
      DomuimgTree *tree = find_tree (self, device);

      if (tree != NULL)
        device->tree = g_object_ref (tree);
    }
  return TRUE;
}

DomuimgReport *
domuimg_build_check_made (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) images
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_image_free);
  g_autoptr (GPtrArray) devices = domuimg_devices_new ();
  g_autoptr (GHashTable) places = list_places (self);
  g_autofree char *config = NULL;
  DomuimgMade made = { .domain = self->domain,
                       .config_path = self->plan->config_path,
                       .devices = devices,
                       .places = places,
                       .kernel = self->kernel_read,
                       .kernel_path = self->kernel_in_tree,
                       .initramfs = self->ramdisk_read,
                       .initramfs_path = self->ramdisk_in_tree };

  if (self->plan->archive_path == NULL)
    {
      config = domuimg_domain_to_xl_cfg (self->domain, error);
      if (config == NULL)
        return NULL;
      made.config = config;
    }
  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      DomuimgImage *image = open_disk (self, i, error);

      if (image == NULL)
        return NULL;
      g_ptr_array_add (images, image);
      if (!add_devices (self, devices, i, image, error))
        return NULL;
    }
  return domuimg_check_run_on (&made, cancellable, error);
}
