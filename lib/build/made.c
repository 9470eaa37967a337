/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a check what a build has at hand of the guest that it made: nothing is opened or unpacked a
 * second time, and all of it goes by the names that it will have. */
#include "config.h"
#include "lib/build/state.h"

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
  add_place (places, self->plan->install_kernel_path, self->install_kernel);
  add_place (places, self->plan->install_ramdisk_path, self->install_ramdisk);
  if (self->has_seed)
    add_place (places, self->plan->seed_path, self->seed);
  return places;
}

/* (unowned) (nullable) The files of a device, where the build has them open. */
static DomuimgTree *
find_tree (DomuimgBuildState *self, const DomuimgDevice *device)
{
  for (guint i = 0; i < self->mounts->len; i++)
    {
      const DomuimgBuildMount *mount = g_ptr_array_index (self->mounts, i);

      if (mount->tree != NULL && g_str_equal (mount->name, device->name))
        return mount->tree;
    }
  return NULL;
}

/* Adds what is on one disk. */
static gboolean
add_devices (DomuimgBuildState *self, GPtrArray *devices, guint i, GError **error)
{
  DomuimgImage *image = domuimg_build_get_disk (self, i)->image;
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
  g_autoptr (GPtrArray) devices = domuimg_devices_new ();
  g_autoptr (GHashTable) places = list_places (self);
  gboolean installs = self->install_domain != NULL;
  DomuimgMade made = { .domain = installs ? self->install_domain : self->domain,
                       .config = installs ? self->install_text : self->config_text,
                       .config_path = installs ? self->plan->install_config_path
                                               : self->plan->config_path,
                       .devices = devices,
                       .places = places,
                       .kernel = self->kernel_read,
                       .kernel_path = self->kernel_in_tree,
                       .initramfs = self->ramdisk_read,
                       .initramfs_path = self->ramdisk_in_tree,
                       .profile = self->plan->profile };

  for (guint i = 0; i < self->plan->disks->len; i++)
    if (domuimg_build_get_disk (self, i)->image != NULL && !add_devices (self, devices, i, error))
      return NULL;
  return domuimg_check_run_on (&made, cancellable, error);
}
