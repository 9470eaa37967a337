/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files and the configuration of a guest that is repaired. */
#include "config.h"
#include "lib/repair/site.h"

#include <string.h>

#include "lib/domain/xl/file.h"

DomuimgEdit *
domuimg_repair_get_root (DomuimgRepairSite *self, GError **error)
{
  const DomuimgDevice *device = self->root_device;

  if (self->root.tree != NULL || self->work == NULL)
    return &self->root;
  if (device == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no filesystem with the guest's root",
                    self->name);
      return NULL;
    }
  self->root.tree = domuimg_repair_work_open (self->work, device->image, device->volume, error);
  self->root.originals = self->root.tree;
  return self->root.tree != NULL ? &self->root : NULL;
}

DomuimgEdit *
domuimg_repair_get_boot (DomuimgRepairSite *self, GError **error)
{
  DomuimgEdit *root = domuimg_repair_get_root (self, error);
  const DomuimgDevice *device = self->boot_device;

  if (root == NULL || self->boot.tree != NULL)
    return root != NULL ? &self->boot : NULL;
  if (self->work == NULL || device == NULL)
    return root;
  self->boot = *root;
  self->boot.prefix = "/boot";
  self->boot.tree = domuimg_repair_work_open (self->work, device->image, device->volume, error);
  return self->boot.tree != NULL ? &self->boot : NULL;
}

const char *
domuimg_repair_get_file (DomuimgRepairSite *self, const char *path, GError **error)
{
  return domuimg_repair_work_file (self->work, path, error);
}

DomuimgRegion *
domuimg_repair_get_volume (DomuimgRepairSite *self, const DomuimgDevice *device, GError **error)
{
  g_autoptr (DomuimgRegion) whole = NULL;
  const char *path;

  if (!g_str_equal (domuimg_image_get_format (device->image), "raw") || device->volume->lv != NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s: only a filesystem in a raw image can be changed this way",
                    domuimg_image_get_path (device->image));
      return NULL;
    }
  if (!domuimg_repair_work_close (self->work, device->volume, error))
    return NULL;
  self->root.tree = NULL;
  self->boot.tree = NULL;
  path = domuimg_repair_work_file (self->work, domuimg_image_get_path (device->image), error);
  whole = path != NULL ? domuimg_region_open (path, TRUE, error) : NULL;
  return whole != NULL ? domuimg_region_new_part (whole, device->volume->offset,
                                                  device->volume->length)
                       : NULL;
}

gboolean
domuimg_repair_set_config (DomuimgRepairSite *self, const char *key, const char *value,
                           GError **error)
{
  g_autoptr (DomuimgXlFile) file = NULL;
  char *text;

  if (self->config == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: there is no configuration to set %s in", self->name, key);
  file = domuimg_xl_file_parse (self->config, strlen (self->config), self->name, error);
  if (file == NULL)
    return FALSE;
  text = domuimg_xl_file_edit (file, key, value);
  if (text == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s cannot be changed there",
                         self->name, key);
  g_free (self->config);
  self->config = text;
  if (value != NULL)
    domuimg_edit_note (&self->root, "set %s=%s in %s", key, value, self->name);
  else
    domuimg_edit_note (&self->root, "took %s out of %s", key, self->name);
  return TRUE;
}
