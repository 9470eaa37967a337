/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ext tools at work on filesystems that no tree has open. */
#include "config.h"
#include "lib/repair/site.h"

#include "lib/base/exec.h"

/* Inside an image they work by libext2fs's "IMAGE?offset=N" (ext2fs_open2 in its manual). */
static gboolean
run_on (DomuimgExec *exec, const DomuimgRegion *region, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = domuimg_exec_pass_fd (exec, region->fd);

  domuimg_exec_argf (exec, "%s?offset=%" G_GUINT64_FORMAT, path, region->offset);
  if (domuimg_exec_run (exec, cancellable, error))
    return TRUE;
  g_prefix_error (error, "%s: ", region->name);
  return FALSE;
}

static gboolean
run_e2fsck (const char *mode, const DomuimgRegion *region, GCancellable *cancellable,
            GError **error)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("e2fsck");

  domuimg_exec_arg (exec, mode);
  return run_on (exec, region, cancellable, error);
}

gboolean
domuimg_repair_fsck (const DomuimgRegion *region, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;

  /* Its status is 1 where it mended something, so it is asked again. */
  if (run_e2fsck ("-fp", region, cancellable, &local))
    return TRUE;
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return run_e2fsck ("-fn", region, cancellable, error);
}

static gboolean
take_features (DomuimgRepairSite *self, const DomuimgDevice *device, const char *features,
               GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_repair_get_volume (self, device, error);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("tune2fs");
  g_auto (GStrv) names = g_strsplit (features, ",", -1);
  g_autofree char *without = g_strjoinv (",^", names);

  /* tune2fs changes none that was not checked since it was last written to. */
  if (region == NULL || !domuimg_repair_fsck (region, self->root.cancellable, error))
    return FALSE;
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_argf (exec, "^%s", without);
  if (!run_on (exec, region, self->root.cancellable, error)
      || !domuimg_repair_fsck (region, self->root.cancellable, error))
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
