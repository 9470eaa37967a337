/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest that is made again keeps of the one that it replaces, and what is left of that one. */
#include "config.h"
#include "lib/build/plan.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/repair/base-image.h"

gboolean
domuimg_plan_read_replaced (DomuimgPlan *self, GError **error)
{
  g_autoptr (DomuimgManifest) manifest = NULL;
  g_autoptr (GPtrArray) results = NULL;
  g_autoptr (GError) local = NULL;

  if (!self->force)
    return TRUE;
  if (!domuimg_manifest_read_if_any (self->manifest_path, &manifest, &local)
      && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (manifest != NULL && g_strcmp0 (manifest->name, self->name) == 0)
    self->replaced = g_steal_pointer (&manifest);
  results = domuimg_plan_list_results (self);
  return domuimg_base_image_check_files (results, error);
}

char *
domuimg_plan_find_uuid (DomuimgPlan *self)
{
  if (self->replaced != NULL && self->replaced->uuid != NULL && !domuimg_plan_is_reproducible ())
    return g_strdup (self->replaced->uuid);
  return domuimg_plan_make_uuid (self, "domain");
}

const char *
domuimg_plan_get_replaced_mac (DomuimgPlan *self, guint i)
{
  if (self->replaced == NULL || domuimg_plan_is_reproducible () || i >= self->replaced->nics->len)
    return NULL;
  return ((const DomuimgManifestNic *) g_ptr_array_index (self->replaced->nics, i))->mac;
}

static gboolean
is_made_again (DomuimgPlan *self, const char *path)
{
  g_autoptr (GPtrArray) results = domuimg_plan_list_results (self);

  return path == NULL || g_ptr_array_find_with_equal_func (results, path, g_str_equal, NULL);
}

static void
add_left (DomuimgPlan *self, const char *path, GPtrArray *lines)
{
  struct stat status;

  if (path == NULL || is_made_again (self, path)
      || domuimg_manifest_is_elsewhere (self->replaced, path))
    return;
  if (lstat (path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR))
    g_ptr_array_add (lines, g_strdup_printf ("%s stays: it was made for the guest that is replaced,"
                                             " and the new one does not use it",
                                             path));
}

static void
add_left_volumes (DomuimgPlan *self, GPtrArray *lines)
{
  for (guint i = 0; i < self->replaced->volumes->len; i++)
    {
      const DomuimgManifestVolume *volume = g_ptr_array_index (self->replaced->volumes, i);

      if (volume->id != NULL && !is_made_again (self, volume->path))
        g_ptr_array_add (lines, g_strdup_printf ("%s stays: it was made for the guest that is"
                                                 " replaced, and the new one does not use it",
                                                 volume->address));
    }
}

void
domuimg_plan_list_left (DomuimgPlan *self, GPtrArray *lines)
{
  const DomuimgManifest *old = self->replaced;

  if (old == NULL)
    return;
  for (guint i = 0; i < old->disks->len; i++)
    add_left (self, ((const DomuimgManifestDisk *) g_ptr_array_index (old->disks, i))->path, lines);
  if (domuimg_manifest_owns_kernel (old))
    {
      add_left (self, old->kernel.path, lines);
      add_left (self, old->kernel.ramdisk, lines);
    }
  add_left (self, old->installer.config, lines);
  add_left (self, old->installer.kernel, lines);
  add_left (self, old->installer.ramdisk, lines);
  add_left_volumes (self, lines);
  add_left (self, old->config, lines);
  add_left (self, old->xml, lines);
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    add_left (self, old->documents[i], lines);
}
