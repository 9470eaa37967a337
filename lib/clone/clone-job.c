/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes one clone, as one transaction. */
#include "config.h"
#include "lib/clone/clone-job.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/copy-file.h"
#include "lib/base/undo.h"
#include "lib/clone/clone-verdict.h"
#include "lib/fs/fs.h"
#include "lib/guest/known.h"

/* What a clone under way has, beside what is planned: the temporary names of its files. */
typedef struct {
  DomuimgUndo *undo;
  DomuimgCloneDisks disks;
  char *config, *xml, *manifest, *seed, *kernel, *ramdisk; /* (nullable) */
  DomuimgDomain *domain;         /* (nullable) */
  char *config_text, *xml_text;  /* (nullable) */
} Making;

static void
making_clear (Making *self)
{
  g_clear_pointer (&self->disks.images, g_ptr_array_unref);
  g_clear_pointer (&self->disks.regions, g_ptr_array_unref);
  g_clear_pointer (&self->disks.places, g_ptr_array_unref);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_free (self->config);
  g_free (self->xml);
  g_free (self->manifest);
  g_free (self->seed);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_clear_object (&self->domain);
  g_free (self->config_text);
  g_free (self->xml_text);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Making, making_clear)

/* Whoever wants to change or delete what is cloned waits until the clone is there, and is refused then. */
static gboolean
share_bases (DomuimgCloneJob *self, Making *making, GError **error)
{
  for (guint i = 0; i < self->source->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->source->disks, i);

      if (!domuimg_undo_share (making->undo, disk->original.path, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
lock_all (DomuimgCloneJob *self, Making *making, GError **error)
{
  g_autoptr (GPtrArray) paths = domuimg_clone_job_list_results (self);

  if (!share_bases (self, making, error))
    return FALSE;
  g_ptr_array_add (paths, NULL);
  return domuimg_undo_lock (making->undo, (const char *const *) paths->pdata, error);
}

static gboolean
add_result (DomuimgCloneJob *self, Making *making, const char *path, char **temporary,
            GError **error)
{
  gboolean replace = domuimg_spec_get_flag (self->spec, "force");

  if (path == NULL)
    return TRUE;
  *temporary = domuimg_undo_add_result (making->undo, path, replace, error);
  return *temporary != NULL;
}

static gboolean
add_disks (DomuimgCloneJob *self, Making *making, GError **error)
{
  for (guint i = 0; i < self->paths->len; i++)
    {
      char *place = NULL;

      if (!add_result (self, making, g_ptr_array_index (self->paths, i), &place, error))
        return FALSE;
      g_ptr_array_add (making->disks.places, place);
    }
  return TRUE;
}

/* Whoever changes it during a run of many would spoil those that share its bytes, and those yet to be made. */
static gboolean
check_source (const DomuimgCloneJob *self, GError **error)
{
  for (guint i = 0; i < self->source->disks->len; i++)
    {
      const DomuimgCloneDisk *disk = g_ptr_array_index (self->source->disks, i);

      if (!domuimg_manifest_base_check (disk->base, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
begin (DomuimgCloneJob *self, Making *making, GError **error)
{
  g_autofree char *config_directory
      = self->config_path != NULL ? g_path_get_dirname (self->config_path) : NULL;

  making->undo = domuimg_undo_new (error);
  if (making->undo == NULL || !lock_all (self, making, error)
      || !check_source (self, error))
    return FALSE;
  domuimg_known_add (self->manifest_path);
  domuimg_undo_hold (making->undo);
  return domuimg_undo_make_parents (making->undo, self->directory, error)
         && (config_directory == NULL
             || domuimg_undo_make_parents (making->undo, config_directory, error))
         && add_disks (self, making, error)
         && add_result (self, making, self->seed_path, &making->seed, error)
         && add_result (self, making, self->kernel_path, &making->kernel, error)
         && add_result (self, making, self->ramdisk_path, &making->ramdisk, error)
         && add_result (self, making, self->config_path, &making->config, error)
         && add_result (self, making, self->xml_path, &making->xml, error)
         && add_result (self, making, self->manifest_path, &making->manifest, error)
         && domuimg_undo_release (making->undo, error)
         && domuimg_clone_job_lease (self, making->undo, error);
}

/* Nobody writes to a kernel's file: a new one is put in its place. */
static gboolean
share (const char *from, const char *to, GCancellable *cancellable, GError **error)
{
  return from == NULL || link (from, to) == 0 || domuimg_copy_file (from, to, cancellable, error);
}

static gboolean
close_trees (GPtrArray *trees, GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; i < trees->len; i++)
    ok = domuimg_fs_close_tree (g_ptr_array_index (trees, i), ok ? error : NULL) && ok;
  g_ptr_array_set_size (trees, 0);
  return ok;
}

static gboolean
judge (DomuimgCloneJob *self, Making *making, const GPtrArray *trees, GCancellable *cancellable,
       GError **error)
{
  DomuimgCloneMade made;

  if (!domuimg_clone_write_config (self, &making->config_text, &making->xml_text, &making->domain,
                                   error))
    return FALSE;
  made = (DomuimgCloneMade){ making->domain, making->config_text, making->seed, trees };
  return domuimg_clone_verdicts_judge (self->verdicts, self, &made, cancellable, error);
}

static gboolean
fit_files (DomuimgCloneJob *self, Making *making, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgTree) tree = NULL;
  gboolean needs_files = self->source->mounts->len > 0;
  gboolean ok;

  if (needs_files)
    tree = domuimg_clone_disks_open (self, &making->disks, trees, &local);
  ok = (tree != NULL || !needs_files)
       && domuimg_clone_customise (self, tree, making->seed, cancellable, &local)
       && judge (self, making, trees, cancellable, &local);
  g_clear_object (&tree);
  ok = close_trees (trees, ok ? &local : NULL) && ok;
  g_ptr_array_set_size (making->disks.images, 0);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&local));
  return ok;
}

static gboolean
write_text (const char *place, const char *path, const char *text, GError **error)
{
  return text == NULL || domuimg_write_text (place, path, text, error);
}

static gboolean
write_texts (DomuimgCloneJob *self, Making *making, GError **error)
{
  g_autofree char *manifest = domuimg_clone_write_manifest (self, making->domain);

  return write_text (making->config, self->config_path, making->config_text, error)
         && write_text (making->xml, self->xml_path, making->xml_text, error)
         && write_text (making->manifest, self->manifest_path, manifest, error);
}

static gboolean
commit (DomuimgCloneJob *self, Making *making, GError **error)
{
  if (!self->has_seed)
    domuimg_undo_drop_result (making->undo, making->seed);
  if (making->xml != NULL && !self->has_xml)
    domuimg_undo_drop_result (making->undo, making->xml);
  if (self->replaced != NULL)
    domuimg_undo_expect (making->undo, self->manifest_path, self->replaced_label);
  /* Nobody has them open for writing when they become somebody's images. */
  g_clear_pointer (&making->disks.regions, g_ptr_array_unref);
  return domuimg_undo_commit (making->undo, error);
}

gboolean
domuimg_clone_job_run (DomuimgCloneJob *self, GCancellable *cancellable, GError **error)
{
  g_auto (Making) making = { 0 };

  making.disks.places = g_ptr_array_new_with_free_func (g_free);
  making.disks.images = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_image_free);
  making.disks.regions = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_region_unref);
  return begin (self, &making, error)
         && domuimg_clone_disks_begin (self, &making.disks, cancellable, error)
         && fit_files (self, &making, cancellable, error)
         && domuimg_clone_disks_end (self, &making.disks, error)
         && (making.kernel == NULL
             || share (domuimg_clone_source_get_own (self->source, FALSE), making.kernel,
                       cancellable, error))
         && (making.ramdisk == NULL
             || share (domuimg_clone_source_get_own (self->source, TRUE), making.ramdisk,
                       cancellable, error))
         && write_texts (self, &making, error)
         && !g_cancellable_set_error_if_cancelled (cancellable, error)
         && check_source (self, error) && commit (self, &making, error);
}
