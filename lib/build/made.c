/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a check what a build has at hand of the guest that it made: nothing is opened or unpacked a
 * second time. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/check/run.h"
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

  for (guint i = 0; i < self->images->len; i++)
    add_place (places, domuimg_plan_get_disk (self->plan, i)->path,
               g_ptr_array_index (self->images, i));
  add_place (places, domuimg_build_get_kernel_path (self), self->kernel);
  add_place (places, domuimg_build_get_ramdisk_path (self), self->ramdisk);
  return places;
}

/* The first disk, whose filesystem is the root. */
static GPtrArray *
list_devices (DomuimgBuildState *self, DomuimgImage *image, GError **error)
{
  g_autoptr (GPtrArray) devices = domuimg_devices_new ();
  GPtrArray *volumes = domuimg_image_list_volumes (image, error);
  DomuimgDevice *root;

  if (volumes == NULL)
    return NULL;
  domuimg_devices_add_volumes (devices, domuimg_plan_get_disk (self->plan, 0)->vdev, 0, image,
                               volumes);
  root = g_ptr_array_index (devices, 0);
  root->tree = g_object_ref (self->tree);
  return g_steal_pointer (&devices);
}

DomuimgReport *
domuimg_build_check_made (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgImage) image
      = domuimg_image_open (g_ptr_array_index (self->images, 0), "raw", error);
  g_autoptr (GPtrArray) devices = image != NULL ? list_devices (self, image, error) : NULL;
  g_autoptr (GHashTable) places = list_places (self);
  const DomuimgMade made = { .domain = self->domain,
                             .devices = devices,
                             .places = places,
                             .kernel = self->kernel_read,
                             .kernel_path = self->kernel_in_tree,
                             .initramfs = self->ramdisk_read,
                             .initramfs_path = self->ramdisk_in_tree };

  return devices != NULL ? domuimg_check_run_on (&made, cancellable, error) : NULL;
}
