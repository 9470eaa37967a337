/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/build/state.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/exec.h"
#include "lib/build/import.h"
#include "lib/image/unused.h"

/* The disks are copied, once, with what was changed and without what is unused. */

/* The clusters of the overlays. */
#define GRANULARITY 65536

typedef struct {
  DomuimgImport *import;
  guint disk;
} Unused;

static gboolean
forget (guint64 offset, guint64 length, gpointer data, GError **error)
{
  Unused *self = data;

  self->import->unused += length;
  return domuimg_export_forget (self->import->export, self->disk, offset, length, error);
}

/* What a volume group or a filesystem that is not known here leaves unused cannot be told. */
gboolean
domuimg_build_leave_out_unused (DomuimgBuildState *self, GError **error)
{
  Unused unused = { self->import, 0 };

  if (self->import->export == NULL)
    return TRUE;
  for (; unused.disk < self->import->disks->len; unused.disk++)
    {
      DomuimgImportDisk *disk = g_ptr_array_index (self->import->disks, unused.disk);
      GPtrArray *volumes = domuimg_image_list_volumes (disk->image, NULL);

      if (g_str_equal (domuimg_plan_get_disk (self->plan, unused.disk)->format, "overlay"))
        continue;
      for (guint i = 0; volumes != NULL && i < volumes->len; i++)
        if (!domuimg_image_each_unused (disk->image, g_ptr_array_index (volumes, i), GRANULARITY,
                                        forget, &unused, error))
          return FALSE;
    }
  return TRUE;
}

typedef struct {
  DomuimgProgress *progress;
  guint64 size;
  const char *name;
} Copying;

/* "    (12.50/100%)" */
static void
on_line (const char *line, gpointer data)
{
  const Copying *self = data;
  const char *number = strchr (line, '(');
  double percent;

  if (number == NULL || strstr (line, "/100%)") == NULL)
    return;
  percent = CLAMP (g_ascii_strtod (number + 1, NULL), 0, 100);
  domuimg_progress_set_fraction (self->progress, percent / 100);
  domuimg_progress_set_message (self->progress,
                                "Copying %s: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " MiB",
                                self->name, (guint64) (self->size * (percent / 100)) / 1048576,
                                self->size / 1048576);
}

/* A whole copy that was worked on, if it is what is wanted and lies on the same filesystem. */
static gboolean
take_copy (DomuimgBuildState *self, guint i)
{
  const DomuimgImportDisk *disk = g_ptr_array_index (self->import->disks, i);

  return self->import->export == NULL
         && g_str_equal (domuimg_plan_get_disk (self->plan, i)->format, "raw")
         && g_rename (disk->path, g_ptr_array_index (self->images, i)) == 0;
}

static gboolean
copy_disk (DomuimgBuildState *self, guint i, DomuimgProgress *progress, GCancellable *cancellable,
           GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);
  g_autofree char *node = domuimg_import_get_node (self->import, i);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("qemu-img");
  Copying copying = { progress, disk->size, domuimg_foreign_get_name (self->plan->foreign, i) };

  if (take_copy (self, i))
    return TRUE;
  domuimg_exec_arg (exec, "convert");
  domuimg_exec_arg (exec, "-p");
  /* Blocks may be written as they come: a file that is new has no order. */
  domuimg_exec_arg (exec, "-W");
  domuimg_exec_arg (exec, "-O");
  domuimg_exec_arg (exec, disk->format);
  domuimg_exec_argf (exec, "json:%s", node);
  domuimg_exec_arg (exec, g_ptr_array_index (self->images, i));
  domuimg_exec_on_line (exec, on_line, &copying);
  return domuimg_exec_run (exec, cancellable, error);
}

typedef struct {
  DomuimgForeign *foreign;
  GCancellable *cancellable;
} Verification;

static gpointer
verify (gpointer data)
{
  const Verification *self = data;
  GError *error = NULL;

  return domuimg_foreign_verify (self->foreign, self->cancellable, &error) ? NULL : error;
}

static gboolean
copy_all (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
          GError **error)
{
  for (guint i = 0; i < self->import->disks->len; i++)
    if (!g_str_equal (domuimg_plan_get_disk (self->plan, i)->format, "overlay")
        && !copy_disk (self, i, progress, cancellable, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_build_step_copy (DomuimgBuildState *self, DomuimgProgress *progress,
                         GCancellable *cancellable, GError **error)
{
  Verification verification = { self->plan->foreign, cancellable };
  GThread *thread = NULL;
  GError *mismatch = NULL;
  gboolean ok;

  if (!domuimg_build_leave_out_unused (self, error))
    return FALSE;
  if (self->import->export != NULL && !domuimg_export_stop (self->import->export, error))
    return FALSE;
  /* Both read the same bytes at about the same time, which then come from memory once. */
  if (domuimg_foreign_has_manifest (self->plan->foreign))
    thread = g_thread_new ("domuimg-verify", verify, &verification);
  ok = copy_all (self, progress, cancellable, error);
  if (thread != NULL)
    mismatch = g_thread_join (thread);
  if (mismatch == NULL)
    return ok;
  if (ok)
    g_propagate_error (error, mismatch);
  else
    g_error_free (mismatch);
  return FALSE;
}
