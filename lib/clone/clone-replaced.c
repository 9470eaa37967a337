/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guest that a clone replaces: what the clone keeps of it, and what would be left of it. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include "lib/base/label.h"
#include "lib/base/path.h"

/* What nobody knows of any more would fill the storage. */
static gboolean
check_left (const DomuimgCloneJob *self, GPtrArray *results, const char *path, GError **error)
{
  struct stat status;

  if (path == NULL || g_ptr_array_find_with_equal_func (results, path, g_str_equal, NULL)
      || domuimg_manifest_is_elsewhere (self->replaced, path))
    return TRUE;
  if (!domuimg_path_look (path, &status, error))
    return FALSE;
  return status.st_mode == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s is of the guest %s that is to be replaced, and the clone has nothing to"
                          " take its place: remove that guest with domuimg delete first",
                          path, self->name);
}

static gboolean
check_all_left (const DomuimgCloneJob *self, GError **error)
{
  const DomuimgManifest *old = self->replaced;
  g_autoptr (GPtrArray) results = domuimg_clone_job_list_results (self);
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();

  for (guint i = 0; i < old->disks->len; i++)
    g_ptr_array_add (paths, ((const DomuimgManifestDisk *) g_ptr_array_index (old->disks, i))->path);
  if (domuimg_manifest_owns_kernel (old))
    {
      g_ptr_array_add (paths, old->kernel.path);
      g_ptr_array_add (paths, old->kernel.ramdisk);
    }
  g_ptr_array_add (paths, old->config);
  for (guint i = 0; i < paths->len; i++)
    if (!check_left (self, results, g_ptr_array_index (paths, i), error))
      return FALSE;
  return old->volumes->len == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "the guest %s that is to be replaced has volumes in a pool of libvirt's: remove it"
                          " with domuimg delete first",
                          self->name);
}

gboolean
domuimg_clone_job_read_replaced (DomuimgCloneJob *self, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (!domuimg_spec_get_flag (self->spec, "force"))
    return TRUE;
  self->replaced_label = domuimg_label_of (self->manifest_path, error);
  if (self->replaced_label == NULL)
    return FALSE;
  if (!domuimg_manifest_read_if_any (self->manifest_path, &self->replaced, &local)
      && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (self->replaced != NULL && g_strcmp0 (self->replaced->name, self->name) != 0)
    g_clear_pointer (&self->replaced, domuimg_manifest_free);
  return self->replaced == NULL || check_all_left (self, error);
}

const DomuimgManifestNic *
domuimg_clone_job_get_replaced_nic (const DomuimgCloneJob *self, guint nic)
{
  return self->replaced != NULL && nic < self->replaced->nics->len
             ? g_ptr_array_index (self->replaced->nics, nic)
             : NULL;
}
