/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "domuimg/build.h"

#include "lib/build/result.h"
#include "lib/build/state.h"
#include "lib/tree/tree-ext.h"

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
domuimg_build_get_plan (DomuimgBuild *self, GError **error)
{
  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  return domuimg_plan_new (self->spec, error);
}

static void
state_clear (DomuimgBuildState *self)
{
  g_clear_object (&self->tree);
  g_clear_object (&self->domain);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_clear_pointer (&self->images, g_ptr_array_unref);
  g_clear_pointer (&self->changes, g_ptr_array_unref);
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
  g_free (self->work_directory);
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

static gboolean
commit (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
        GError **error)
{
  domuimg_progress_set_message (progress, "Writing everything out");
  return domuimg_undo_commit (self->undo, error);
}

static const struct {
  DomuimgBuildStep run;
  int weight;
} steps[] = {
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
};

static gboolean
run_steps (DomuimgBuildState *state, DomuimgProgress *progress, GCancellable *cancellable,
           GError **error)
{
  G_STATIC_ASSERT (G_N_ELEMENTS (steps) == 10);
  domuimg_progress_set_steps (progress, steps[0].weight, steps[1].weight, steps[2].weight,
                              steps[3].weight, steps[4].weight, steps[5].weight, steps[6].weight,
                              steps[7].weight, steps[8].weight, steps[9].weight, -1);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !steps[i].run (state, domuimg_progress_child (progress), cancellable, error))
        return FALSE;
      domuimg_progress_step_done (progress);
    }
  return TRUE;
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

  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  g_return_val_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress), NULL);

  state.plan = domuimg_plan_new (self->spec, error);
  if (state.plan == NULL)
    return NULL;
  state.type = state.plan->type;
  state.images = g_ptr_array_new_with_free_func (g_free);
  state.changes = g_ptr_array_new_with_free_func (g_free);
  state.warnings = g_ptr_array_new_with_free_func (g_free);
  if (!run_steps (&state, progress, cancellable, error))
    return NULL;
  return domuimg_result_new (&state);
}

/**
 * domuimg_cleanup:
 * @dry_run: only say what would be done
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
domuimg_cleanup (gboolean dry_run, GError **error)
{
  return domuimg_undo_recover (dry_run, error);
}
