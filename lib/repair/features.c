/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features of ext filesystems that a guest's kernel cannot read, taken away. */
#include "config.h"
#include "lib/repair/site.h"

#include "lib/fs/ext/tools.h"

static gboolean
take_features (DomuimgRepairSite *self, const DomuimgDevice *device, const char *features,
               GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_repair_get_volume (self, device, error);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("tune2fs");
  g_auto (GStrv) names = g_strsplit (features, ",", -1);
  g_autofree char *without = g_strjoinv (",^", names);

  /* tune2fs changes none that was not checked since it was last written to. */
  if (region == NULL || !domuimg_ext_fsck (region, self->root.cancellable, error))
    return FALSE;
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_argf (exec, "^%s", without);
  if (!domuimg_ext_run_tool (exec, region, NULL, self->root.cancellable, error)
      || !domuimg_ext_fsck (region, self->root.cancellable, error))
    return FALSE;
  domuimg_edit_note (&self->root, "took %s away from the filesystem of %s", features, device->name);
  return TRUE;
}

gboolean
domuimg_repair_features (DomuimgRepairSite *self, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "\t", 2);

  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (g_str_equal (device->name, parts[0]))
        return take_features (self, device, parts[1], error);
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: there is no device %s",
                       self->name, parts[0]);
}
