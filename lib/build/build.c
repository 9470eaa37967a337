/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "domuimg/build.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "lib/base/http.h"
#include "lib/build/transfer.h"
#include "lib/build/plan-import.h"
#include "lib/build/result.h"
#include "lib/build/state.h"
#include "lib/fs/ext/tree.h"

/**
 * DomuimgBuild:
 *
 * Makes the guest that a specification describes, as a transaction: when
 * domuimg_build_run() returns, all of it is there or nothing.
 *
 * Since: 0.1
 */
struct _DomuimgBuild {
  GObject parent_instance;

  DomuimgSpec *spec;
};

G_DEFINE_FINAL_TYPE (DomuimgBuild, domuimg_build, G_TYPE_OBJECT)

static void
domuimg_build_finalize (GObject *object)
{
  DomuimgBuild *self = DOMUIMG_BUILD (object);

  g_clear_object (&self->spec);
  G_OBJECT_CLASS (domuimg_build_parent_class)->finalize (object);
}

static void
domuimg_build_class_init (DomuimgBuildClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_build_finalize;
}

static void
domuimg_build_init (DomuimgBuild *self)
{
}

/**
 * domuimg_build_new:
 * @spec: what the guest is to be
 *
 * Returns: (transfer full): a build that has not begun
 *
 * Since: 0.1
 */
DomuimgBuild *
domuimg_build_new (DomuimgSpec *spec)
{
  DomuimgBuild *self;

  g_return_val_if_fail (DOMUIMG_IS_SPEC (spec), NULL);

  self = g_object_new (DOMUIMG_TYPE_BUILD, NULL);
  self->spec = g_object_ref (spec);
  return self;
}

/**
 * domuimg_build_get_plan:
 * @self: a build
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Works out what domuimg_build_run() would do, and checks what can be checked
 * without work. Nothing is written and no server is asked.
 *
 * Returns: (transfer full): the plan. %NULL on error:
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT for a contradiction,
 *   %DOMUIMG_ERROR_NOT_FOUND for an input that is not there,
 *   %DOMUIMG_ERROR_EXISTS for a result that is, %DOMUIMG_ERROR_MISSING_TOOL
 *   for a program that is not installed
 *
 * Since: 0.1
 */
DomuimgPlan *
domuimg_build_get_plan (DomuimgBuild *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  return domuimg_plan_new (self->spec, NULL, error);
}

static void
state_clear (DomuimgBuildState *self)
{
  g_clear_object (&self->tree);
  g_clear_pointer (&self->transfer, domuimg_transfer_free);
  g_clear_pointer (&self->conversion, domuimg_conversion_free);
  g_clear_object (&self->kernel_read);
  g_clear_object (&self->domain);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_clear_pointer (&self->images, g_ptr_array_unref);
  g_clear_pointer (&self->changes, g_ptr_array_unref);
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
  g_free (self->work_directory);
  g_free (self->downloaded);
  g_free (self->archive);
  g_free (self->config);
  g_free (self->xml);
  g_free (self->manifest);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->kernel_version);
  g_free (self->kernel_from);
  g_free (self->kernel_reason);
  g_free (self->loader_path);
  g_clear_object (&self->plan);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBuildState, state_clear)

/* The root is open as a tree for the steps that look into it and change it. */
static gboolean
open_tree (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
           GError **error)
{
  self->tree = domuimg_tree_ext_open (g_ptr_array_index (self->images, 0), 0, TRUE, error);
  return self->tree != NULL;
}

static gboolean
close_tree (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
            GError **error)
{
  return domuimg_tree_ext_close (DOMUIMG_TREE_EXT (self->tree), error);
}

/* Of a machine that is converted. */
static gboolean
close_system (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
              GError **error)
{
  g_clear_object (&self->tree);
  return domuimg_transfer_close_trees (self->transfer, error);
}

static gboolean
commit (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
        GError **error)
{
  domuimg_progress_set_message (progress, "Writing everything out");
  return domuimg_undo_commit (self->undo, error);
}

typedef struct {
  DomuimgBuildStep run; /* NULL: the end */
  int weight;
} Step;

/* A guest that is made of files. */
static const Step filling[] = {
  { domuimg_build_step_prepare, 0 },
  { domuimg_build_step_known_kernel, 1 },
  { domuimg_build_step_disks, 2 },
  { domuimg_build_step_fill, 85 },
  { open_tree, 0 },
  { domuimg_build_step_kernel, 5 },
  { domuimg_build_step_guest, 3 },
  { close_tree, 1 },
  { domuimg_build_step_domain, 0 },
  { commit, 4 },
  { NULL, 0 },
};

#define OPENING { domuimg_build_step_prepare, 0 }, { domuimg_build_step_transfer, 2 }
#define CONVERTING \
  { domuimg_build_step_find_system, 2 }, { domuimg_build_step_known_kernel, 0 }, \
  { domuimg_build_step_convert, 4 }, { domuimg_build_step_kernel, 2 }, \
  { domuimg_build_step_guest, 1 }, { close_system, 1 }, { domuimg_build_step_verdict, 2 }

/* A machine that is converted: looked at, changed and judged while it is copied. */
static const Step converting[] = {
  OPENING,
  { domuimg_build_step_begin_copy, 2 },
  CONVERTING,
  { domuimg_build_step_copy, 68 },
  { domuimg_build_step_archive, 10 },
  { domuimg_build_step_domain, 0 },
  { commit, 6 },
  { NULL, 0 },
};

static const Step rehearsing[] = { OPENING, CONVERTING, { NULL, 0 } };

static gboolean
run_steps (const Step *steps, DomuimgBuildState *state, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  for (; steps->run != NULL; steps++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !steps->run (state, domuimg_progress_child (progress), cancellable, error))
        return FALSE;
      domuimg_progress_step_done (progress);
    }
  return TRUE;
}

static void
set_weights (DomuimgProgress *progress, const Step *steps)
{
  g_autoptr (GArray) weights = g_array_new (FALSE, FALSE, sizeof (int));

  for (; steps->run != NULL; steps++)
    g_array_append_val (weights, steps->weight);
  domuimg_progress_set_step_weights (progress, (const int *) (void *) weights->data, weights->len);
}

/* Nothing can be planned before it is here. */
static gboolean
download (DomuimgBuildState *state, DomuimgSpec *spec, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  const char *url = domuimg_import_url (spec);
  const char *dir = domuimg_spec_get (spec, "dir");
  g_autofree char *parent
      = g_canonicalize_filename (dir != NULL ? dir : DOMUIMG_IMAGE_DIRECTORY, NULL);
  g_auto (GStrv) parts = url != NULL ? g_strsplit_set (url, "?#", 2) : NULL;
  g_autofree char *name = url != NULL ? g_path_get_basename (parts[0]) : NULL;
  gboolean ok;
  int fd;

  if (url == NULL)
    return TRUE;
  state->undo = domuimg_undo_new (error);
  if (state->undo == NULL || !domuimg_undo_make_parents (state->undo, parent, error))
    return FALSE;
  state->work_directory = domuimg_undo_make_directory (state->undo, parent, error);
  if (state->work_directory == NULL)
    return FALSE;
  state->downloaded = g_build_filename (state->work_directory, name, NULL);
  fd = g_open (state->downloaded, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return domuimg_set_errno (error, errno, "making %s", state->downloaded);
  domuimg_progress_set_message (progress, "Downloading %s", url);
  ok = domuimg_http_get_to_fd (&(DomuimgHttpRequest){ .uri = url,
                                                      .schemes = "http,https,ftp,file",
                                                      .max = G_MAXUINT64,
                                                      .progress = progress,
                                                      .cancellable = cancellable },
                               fd, error);
  close (fd);
  return ok;
}

static gboolean
begin (DomuimgBuildState *state, DomuimgSpec *spec, DomuimgProgress *progress,
       GCancellable *cancellable, GError **error)
{
  if (!download (state, spec, progress, cancellable, error))
    return FALSE;
  state->plan = domuimg_plan_new (spec, state->downloaded, error);
  if (state->plan == NULL)
    return FALSE;
  state->type = state->plan->type;
  state->images = g_ptr_array_new_with_free_func (g_free);
  state->changes = g_ptr_array_new_with_free_func (g_free);
  state->warnings = g_ptr_array_new_with_free_func (g_free);
  return TRUE;
}

/**
 * domuimg_build_rehearse:
 * @self: a build
 * @cancellable: (nullable): stops it
 * @error: return location for a #GError
 *
 * As domuimg_build_get_plan() and, where a machine is converted (`disk:`), also
 * looks into its disks: the plan then has every change that would be made in the
 * guest, and what a check would say of the result. Nothing is left behind; the
 * changes are tried in temporary overlays, in the directory of the results.
 *
 * Returns: (transfer full): the plan. %NULL on error, with those of
 *   domuimg_build_run()
 *
 * Since: 0.1
 */
DomuimgPlan *
domuimg_build_rehearse (DomuimgBuild *self, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgBuildState) state = { 0 };
  DomuimgPlan *plan;

  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  if (!begin (&state, self->spec, NULL, cancellable, error))
    return NULL;
  plan = state.plan;
  if (plan->import == NULL)
    return g_object_ref (plan);
  if (!run_steps (rehearsing, &state, NULL, cancellable, error))
    return NULL;
  plan->type = state.type;
  plan->changes = g_ptr_array_ref (state.changes);
  plan->warnings = g_ptr_array_ref (state.warnings);
  plan->system = g_strdup (state.transfer->system_name);
  plan->kernel_reason = g_strdup (state.kernel_reason);
  plan->verdict
      = domuimg_verdict_to_string (domuimg_report_get_verdict (state.transfer->report));
  return g_object_ref (plan);
}

/**
 * domuimg_build_run:
 * @self: a build
 * @progress: (nullable): is told how far the build is
 * @cancellable: (nullable): stops the build; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Makes the guest. Blocks until it is made; minutes, where packages are
 * installed. Programs that it starts are ended with it.
 *
 * Returns: (transfer full): what was made. %NULL on error: those of
 *   domuimg_build_get_plan(), and %DOMUIMG_ERROR_NO_SPACE,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT, %DOMUIMG_ERROR_UNSAFE_INPUT,
 *   %DOMUIMG_ERROR_NETWORK, %DOMUIMG_ERROR_UNTRUSTED,
 *   %DOMUIMG_ERROR_TOOL_FAILED, %DOMUIMG_ERROR_NOT_BOOTABLE,
 *   %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO; then nothing is left
 *
 * Since: 0.1
 */
DomuimgResult *
domuimg_build_run (DomuimgBuild *self, DomuimgProgress *progress, GCancellable *cancellable,
                   GError **error)
{
  g_auto (DomuimgBuildState) state = { 0 };
  const Step *steps;

  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  g_return_val_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress), NULL);


  if (!begin (&state, self->spec, progress, cancellable, error))
    return NULL;
  steps = state.plan->import != NULL ? converting : filling;
  if (progress != NULL)
    set_weights (progress, steps);
  if (!run_steps (steps, &state, progress, cancellable, error))
    return NULL;
  return domuimg_result_new (&state);
}

/**
 * domuimg_cleanup:
 * @dry_run: only say what would be done
 * @cancellable: (nullable): stops it before anything is done; the error is then
 *   %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Finishes what a build left that was killed: removes its unfinished files
 * or, if all of them were finished, gives them their names. Builds that are
 * still running are left alone.
 *
 * Returns: (transfer full) (array zero-terminated=1): what was done, one line
 *   each; empty if there was nothing to do. %NULL on error
 *
 * Since: 0.1
 */
char **
domuimg_cleanup (gboolean dry_run, GCancellable *cancellable, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  return domuimg_undo_recover (dry_run, error);
}
