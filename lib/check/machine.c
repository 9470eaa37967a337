/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds a machine while it is checked, and answers the rules' questions about it. */
#include "config.h"
#include "lib/check/machine.h"

#include <string.h>

#include "lib/check/report.h"
#include "lib/check/run.h"
#include "lib/guest/root.h"

static void
image_free (gpointer data)
{
  g_clear_pointer ((DomuimgImage **) &data, domuimg_image_free);
}

DomuimgMachine *
domuimg_machine_new (void)
{
  DomuimgMachine *self = g_new0 (DomuimgMachine, 1);

  self->unlooked = g_ptr_array_new_with_free_func (g_free);
  self->images = g_ptr_array_new ();
  self->opened = g_ptr_array_new_with_free_func (image_free);
  self->devices = domuimg_devices_new ();
  domuimg_guest_boot_init (&self->boot);
  self->report = domuimg_report_new ();
  return self;
}

DomuimgXenVersion
domuimg_machine_choose_xen (const DomuimgProfile *profile, DomuimgXenVersion asked)
{
  return asked.major > 0 ? asked : domuimg_profile_get_xen (profile);
}

void
domuimg_machine_free (DomuimgMachine *self)
{
  g_free (self->path);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_clear_pointer (&self->config, domuimg_xl_file_free);
  g_clear_object (&self->domain);
  domuimg_guest_boot_clear (&self->boot);
  g_clear_object (&self->whole);
  g_clear_pointer (&self->ahead, domuimg_initramfs_free);
  g_clear_error (&self->ahead_error);
  g_clear_pointer (&self->info, domuimg_guest_info_free);
  g_clear_pointer (&self->application, domuimg_application_free);
  g_ptr_array_unref (self->unlooked);
  g_ptr_array_unref (self->devices);
  g_ptr_array_unref (self->images);
  g_ptr_array_unref (self->opened);
  g_object_unref (self->report);
  g_clear_object (&self->cancellable);
  g_free (self);
}

const char *
domuimg_machine_where (DomuimgMachine *self, const char *path)
{
  const char *now = self->made != NULL && self->made->places != NULL
                        ? g_hash_table_lookup (self->made->places, path)
                        : NULL;

  return now != NULL ? now : domuimg_repair_where (self->work, path);
}

static void
report_broken (DomuimgMachine *self, const DomuimgDevice *device, const GError *error)
{
  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    domuimg_machine_report (self, "filesystem-damaged", device->name, "%s", error->message);
  else
    domuimg_machine_report_error (self, "image-unreadable", device->name, error);
}

DomuimgTree *
domuimg_machine_open_tree (DomuimgMachine *self, DomuimgDevice *device)
{
  g_autoptr (GError) error = NULL;

  if (device->tree != NULL || device->broken || device->image == NULL
      || !domuimg_guest_root_has_files (device->volume))
    return device->tree;
  device->tree = domuimg_image_open_tree (device->image, device->volume, FALSE, &error);
  if (device->tree == NULL)
    {
      device->broken = TRUE;
      report_broken (self, device, error);
    }
  return device->tree;
}

DomuimgDevice *
domuimg_machine_guess_root (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgDevice *device = g_ptr_array_index (self->devices, i);
      DomuimgTree *tree = domuimg_machine_open_tree (self, device);

      if (tree != NULL && domuimg_guest_root_is (tree))
        return device;
    }
  return NULL;
}

gboolean
domuimg_machine_is_same_file (DomuimgMachine *self, const char *path, const char *known)
{
  g_autofree char *one = NULL;
  g_autofree char *other = NULL;

  if (!self->boot.in_guest)
    return TRUE;
  if (known == NULL || self->boot_tree == NULL)
    return FALSE;
  one = domuimg_tree_resolve (self->boot_tree, path, NULL);
  other = domuimg_tree_resolve (self->boot_tree, known, NULL);
  return one != NULL && g_strcmp0 (one, other) == 0;
}

gboolean
domuimg_machine_has_devices (DomuimgMachine *self, guint disk)
{
  for (guint i = 0; i < self->devices->len; i++)
    if (((DomuimgDevice *) g_ptr_array_index (self->devices, i))->disk == disk)
      return TRUE;
  return FALSE;
}

DomuimgDevice *
domuimg_machine_find_device (DomuimgMachine *self, const char *spec)
{
  return domuimg_devices_find (self->devices, spec);
}

DomuimgDevice *
domuimg_machine_find_grub_device (DomuimgMachine *self, const char *name, DomuimgMenuFormat format)
{
  guint number = domuimg_grub_device_get_partition (name, format);
  guint disk;

  if (!domuimg_grub_device_get_disk (name, &disk))
    return NULL;
  for (guint i = 0; i < self->devices->len; i++)
    {
      DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->disk == disk && device->volume != NULL && device->volume->number == number)
        return device;
    }
  return NULL;
}

GPtrArray *
domuimg_machine_list_parameter (DomuimgMachine *self, const char *key)
{
  return domuimg_guest_boot_list_parameter (&self->boot, key);
}

char *
domuimg_machine_get_parameter (DomuimgMachine *self, const char *key)
{
  return domuimg_guest_boot_get_parameter (&self->boot, key);
}

gboolean
domuimg_machine_has_driver (DomuimgMachine *self, const char *module, const char *option)
{
  return domuimg_guest_boot_has_driver (&self->boot, self->tree, module, option);
}

gboolean
domuimg_machine_knows_drivers (DomuimgMachine *self)
{
  return domuimg_guest_boot_knows_drivers (&self->boot, self->tree);
}
