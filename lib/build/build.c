/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A build: the table of its steps, and what runs them as one transaction. */
#include "config.h"
#include "domuimg/build.h"

#include <string.h>

#include "lib/build/again.h"
#include "lib/build/plan-import.h"
#include "lib/build/rehearsal.h"
#include "lib/build/result.h"
#include "lib/build/state.h"
#include "lib/guest/customise.h"
#include "lib/guest/known.h"
#include "lib/tree/faults.h"

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
  char *expected; /* (nullable) as of the state */
  int terminal[2]; /* -1: there is none */
};

G_DEFINE_FINAL_TYPE (DomuimgBuild, domuimg_build, G_TYPE_OBJECT)

static void
domuimg_build_finalize (GObject *object)
{
  DomuimgBuild *self = DOMUIMG_BUILD (object);

  g_clear_object (&self->spec);
  g_free (self->expected);
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
  self->terminal[0] = self->terminal[1] = -1;
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

DomuimgBuild *
domuimg_build_new_again (DomuimgSpec *spec, const char *expected)
{
  DomuimgBuild *self = domuimg_build_new (spec);

  self->expected = g_strdup (expected);
  return self;
}

/**
 * domuimg_build_set_terminal:
 * @self: a build
 * @in: a descriptor that a user's keys are read from, or -1
 * @out: a descriptor of what the user sees, or -1
 *
 * Has the console of an installer that asks (`interactive`) on this terminal
 * while domuimg_build_run() waits for it. Both stay the caller's and have to be
 * open as long. Where @in is a terminal, its keys come one by one meanwhile, and
 * Ctrl-] gives the build up, which is then %G_IO_ERROR_CANCELLED; what tells of
 * the progress should not write to it.
 *
 * |[<!-- language="C" -->
 * domuimg_build_set_terminal (build, STDIN_FILENO, STDOUT_FILENO);
 * ]|
 *
 * Since: 0.1
 */
void
domuimg_build_set_terminal (DomuimgBuild *self, int in, int out)
{
  g_return_if_fail (DOMUIMG_IS_BUILD (self));
  self->terminal[0] = in;
  self->terminal[1] = out;
}

/**
 * domuimg_build_get_plan:
 * @self: a build
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Works out what domuimg_build_run() would do, and checks what can be checked
 * without work. Nothing is written, and no server is asked but the libvirt that is to have a disk
 * or to know the guest.
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
  g_autoptr (DomuimgSource) source = NULL;

  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  source = domuimg_plan_make_source (self->spec, error);
  return source != NULL ? domuimg_plan_new (self->spec, source, error) : NULL;
}

static void
state_clear (DomuimgBuildState *self)
{
  /* Files first: what shows them goes last. */
  g_clear_object (&self->tree);
  g_clear_pointer (&self->mounts, g_ptr_array_unref);
  g_clear_pointer (&self->disks, g_ptr_array_unref);
  g_clear_pointer (&self->volumes, g_ptr_array_unref);
  g_clear_pointer (&self->leases, g_ptr_array_unref);
  g_clear_pointer (&self->inside, domuimg_region_unref);
  g_clear_pointer (&self->asides, g_ptr_array_unref);
  g_clear_pointer (&self->extents, g_array_unref);
  g_clear_pointer (&self->transfer, domuimg_transfer_free);
  g_clear_pointer (&self->conversion, domuimg_conversion_free);
  for (guint i = 0; i < DOMUIMG_GRUB_N; i++)
    g_clear_pointer (&self->grub[i], domuimg_grub_job_free);
  g_clear_object (&self->ahead);
  g_clear_object (&self->kernel_read);
  g_clear_pointer (&self->ramdisk_read, domuimg_initramfs_free);
  g_free (self->kernel_in_tree);
  g_free (self->ramdisk_in_tree);
  g_clear_object (&self->domain);
  g_free (self->config_text);
  g_free (self->xml_text);
  g_clear_object (&self->report);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_clear_pointer (&self->changes, g_ptr_array_unref);
  g_clear_pointer (&self->warnings, g_ptr_array_unref);
  g_clear_pointer (&self->root_password, domuimg_password_free);
  g_clear_pointer (&self->losses, g_ptr_array_unref);
  g_free (self->system_name);
  g_free (self->root_fs);
  g_free (self->root_uuid);
  g_free (self->cmdline);
  g_free (self->work_directory);
  g_free (self->directory);
  g_free (self->archive);
  g_free (self->config);
  g_free (self->xml);
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    g_free (self->documents[i]);
  g_free (self->manifest);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->install_config);
  g_free (self->install_kernel);
  g_free (self->install_ramdisk);
  g_clear_object (&self->install_domain);
  g_free (self->install_text);
  g_free (self->seed);
  g_free (self->kernel_version);
  g_free (self->kernel_from);
  g_free (self->kernel_reason);
  g_free (self->loader_path);
  g_clear_object (&self->plan);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBuildState, state_clear)

/* What this guest does without, of what was planned. */
static void
drop_unmade (DomuimgBuildState *self)
{
  if (self->kernel != NULL && domuimg_build_get_kernel_path (self) == NULL)
    domuimg_undo_drop_result (self->undo, self->kernel);
  if (self->ramdisk != NULL && domuimg_build_get_ramdisk_path (self) == NULL)
    domuimg_undo_drop_result (self->undo, self->ramdisk);
  if (self->seed != NULL && !self->has_seed)
    domuimg_undo_drop_result (self->undo, self->seed);
  if (self->xml != NULL && domuimg_build_get_xml_path (self) == NULL)
    domuimg_undo_drop_result (self->undo, self->xml);
}

/* Only the disk with the root is replaced of a guest that is made again. */
static gboolean
spare_data (DomuimgBuildState *self, GError **error)
{
  for (guint i = 1; self->expected != NULL && i < self->disks->len; i++)
    if (!domuimg_undo_spare (self->undo, domuimg_plan_get_disk (self->plan, i)->path, error))
      return FALSE;
  return TRUE;
}

static gboolean
commit (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
        GError **error)
{
  domuimg_progress_set_message (progress, "Writing everything out");
  drop_unmade (self);
  if (!spare_data (self, error))
    return FALSE;
  if (self->expected != NULL)
    domuimg_undo_expect (self->undo, self->plan->manifest_path, self->expected);
  domuimg_known_add (self->plan->manifest_path);
  return domuimg_undo_commit (self->undo, error);
}

/* What a step is for. */
typedef enum {
  FILES = 1 << 0,    /* sources that give files */
  DISKS = 1 << 1,    /* sources that give disks, which are fitted while they are copied */
  REHEARSED = 1 << 2, /* also if the disks are only to be inspected */
  INSTALLS = 1 << 3, /* sources that give an installer */
} When;

typedef struct {
  DomuimgBuildStep run;
  When when;
  int weight_of_files; /* of all the time, in percent */
  int weight_of_disks;
} Step;

/* Beside the 100 of all others. */
#define WEIGHT_OF_UPLOAD 60
/* What an installer's download takes, of 100. */
#define WEIGHT_OF_INSTALLER 90

/* Every build goes through this table; a source only says whether it gives files, disks or an installer. */
static const Step steps[] = {
  { domuimg_build_step_prepare, FILES | DISKS | INSTALLS | REHEARSED, 0, 0 },
  { domuimg_build_step_install, INSTALLS, 2, 0 },
  /* The modules of a kernel that is not the guest's need room in its filesystem. */
  { domuimg_build_step_known_kernel, FILES, 1, 0 },
  { domuimg_build_step_begin_grub, FILES, 0, 0 },
  { domuimg_build_step_disks, FILES, 2, 0 },
  { domuimg_build_step_fill, FILES, 84, 0 },
  { domuimg_build_step_transfer, DISKS | REHEARSED, 0, 2 },
  { domuimg_build_step_added_disks, DISKS, 0, 0 },
  { domuimg_build_step_begin_copy, DISKS, 0, 2 },
  { domuimg_build_step_grow, DISKS | REHEARSED, 0, 0 },
  { domuimg_build_step_find, DISKS | REHEARSED, 0, 2 },
  /* Which filesystem its drivers are for is known now. */
  { domuimg_build_step_known_kernel, DISKS | REHEARSED, 0, 0 },
  { domuimg_build_step_convert, DISKS | REHEARSED, 0, 4 },
  { domuimg_build_step_kernel, FILES | DISKS | REHEARSED, 4, 2 },
  { domuimg_build_step_grub, FILES, 0, 0 },
  { domuimg_build_step_guest, FILES | DISKS | REHEARSED, 3, 1 },
  { domuimg_build_step_documents, FILES, 0, 0 },
  { domuimg_build_step_verdict, FILES | DISKS | INSTALLS | REHEARSED, 2, 2 },
  { domuimg_build_step_close, FILES | DISKS | INSTALLS | REHEARSED, 0, 1 },
  { domuimg_build_step_copy, DISKS, 0, 68 },
  { domuimg_build_step_publish, DISKS, 0, 10 },
  { domuimg_build_step_upload, FILES | DISKS | INSTALLS, 0, 0 },
  { domuimg_build_step_domain, FILES | DISKS | INSTALLS, 0, 0 },
  { domuimg_build_step_put, FILES | DISKS | INSTALLS, 0, 0 },
  { domuimg_build_step_define, FILES | DISKS | INSTALLS, 0, 0 },
  { commit, FILES | DISKS | INSTALLS, 4, 6 },
  { domuimg_build_step_announce, FILES | DISKS | INSTALLS, 0, 0 },
};

static When
get_kind (const DomuimgPlan *plan)
{
  if (plan->installer != NULL)
    return INSTALLS;
  return plan->import != NULL ? DISKS : FILES;
}

static gboolean
is_wanted (const Step *step, const DomuimgBuildState *state)
{
  return (step->when & get_kind (state->plan)) != 0
         && (!state->is_rehearsal || (step->when & REHEARSED) != 0);
}

static gboolean
run_steps_in_order (DomuimgBuildState *state, DomuimgProgress *progress,
                    GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      if (!is_wanted (&steps[i], state))
        continue;
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !steps[i].run (state, domuimg_progress_child (progress), cancellable, error)
          || (state->tree != NULL && !domuimg_tree_check_faults (state->tree, error)))
        return FALSE;
      domuimg_progress_step_done (progress);
    }
  return TRUE;
}

/* What a source keeps of a failure is no result, and stays beside the place of those. */
static void
keep (DomuimgBuildState *state, GError **error)
{
  g_autofree char *prefix = g_build_filename (state->directory, state->plan->name, NULL);
  g_autoptr (GString) list = g_string_new (NULL);
  GError *why;

  if (state->directory == NULL || error == NULL
      || g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  domuimg_source_keep (state->plan->source, prefix, list);
  if (list->len == 0)
    return;
  why = *error;
  *error = g_error_new (why->domain, why->code, "%s; %s", why->message, list->str);
  g_error_free (why);
}

/* A program that a cancellation ends is missed by whoever talks with it, perhaps before the cancellation is seen:
 * that program did not fail. */
static void
prefer_cancelled (GCancellable *cancellable, GError **error)
{
  if (!g_cancellable_is_cancelled (cancellable))
    return;
  g_clear_error (error);
  g_cancellable_set_error_if_cancelled (cancellable, error);
}

static gboolean
run_steps (DomuimgBuildState *state, DomuimgProgress *progress, GCancellable *cancellable,
           GError **error)
{
  if (run_steps_in_order (state, progress, cancellable, error))
    return TRUE;
  prefer_cancelled (cancellable, error);
  domuimg_build_tell_lost (state, error);
  keep (state, error);
  return FALSE;
}

static gboolean
is_sent (const DomuimgBuildState *state)
{
  const DomuimgDiskKind *kind = domuimg_plan_get_disk (state->plan, 0)->kind;

  return (kind->traits & DOMUIMG_DISK_IS_SENT) != 0;
}

static int
weight_of (const Step *step, const DomuimgBuildState *state)
{
  if (step->run == domuimg_build_step_upload && is_sent (state))
    return WEIGHT_OF_UPLOAD;
  if (step->run == domuimg_build_step_prepare
      && (state->plan->installer != NULL || !domuimg_plan_is_there (state->plan)))
    return WEIGHT_OF_INSTALLER;
  return state->plan->import != NULL ? step->weight_of_disks : step->weight_of_files;
}

static void
set_weights (const DomuimgBuildState *state, DomuimgProgress *progress)
{
  int weights[G_N_ELEMENTS (steps)];
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    if (is_wanted (&steps[i], state))
      weights[n++] = weight_of (&steps[i], state);
  domuimg_progress_set_step_weights (progress, weights, n);
}

/* Nothing can be planned before it is here. */
static gboolean
fetch (DomuimgBuildState *state, DomuimgSpec *spec, DomuimgSource *source,
       DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  const char *dir = domuimg_spec_get (spec, "dir");
  g_autofree char *parent
      = g_canonicalize_filename (dir != NULL ? dir : DOMUIMG_IMAGE_DIRECTORY, NULL);
  DomuimgSourceContext context = { NULL, NULL };

  if (domuimg_source_get_url (source) == NULL)
    return TRUE;
  state->undo = domuimg_undo_new (error);
  if (state->undo == NULL || !domuimg_undo_make_parents (state->undo, parent, error))
    return FALSE;
  state->work_directory = domuimg_undo_make_directory (state->undo, parent, error);
  if (state->work_directory == NULL)
    return FALSE;
  context.work_directory = state->work_directory;
  return domuimg_source_fetch (source, &context, progress, cancellable, error);
}

static gboolean
begin (DomuimgBuildState *state, DomuimgSpec *spec, DomuimgProgress *progress,
       GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgSource) source = domuimg_plan_make_source (spec, error);

  if (source == NULL || !fetch (state, spec, source, progress, cancellable, error))
    return FALSE;
  state->plan = domuimg_plan_new (spec, source, error);
  if (state->plan == NULL)
    return FALSE;
  state->type = state->plan->type;
  state->loader = state->plan->kernel->policy->loader;
  state->program = state->plan->kernel->policy->program;
  state->has_xml = TRUE;
  domuimg_build_init_disks (state);
  state->system = state->plan->import != NULL ? DOMUIMG_SYSTEM_UNKNOWN : DOMUIMG_SYSTEM_LINUX;
  state->changes = g_ptr_array_new_with_free_func (g_free);
  state->warnings = g_ptr_array_new_with_free_func (g_free);
  domuimg_plan_list_left (state->plan, state->warnings);
  state->losses = g_ptr_array_new_with_free_func (g_free);
  return TRUE;
}

/**
 * domuimg_build_rehearse:
 * @self: a build
 * @cancellable: (nullable): stops it
 * @error: return location for a #GError
 *
 * As domuimg_build_get_plan() and, where a source gives disks (`disk:`), also
 * looks into them: the rehearsal then has every change that would be made in the
 * guest, and what a check would say of the result. Nothing is left behind; the
 * changes are tried in temporary overlays, in the directory of the results.
 *
 * Returns: (transfer full): the rehearsal. %NULL on error, with those of
 *   domuimg_build_run()
 *
 * Since: 0.1
 */
DomuimgRehearsal *
domuimg_build_rehearse (DomuimgBuild *self, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgBuildState) state = { .is_rehearsal = TRUE, .terminal = { -1, -1 } };

  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  if (!begin (&state, self->spec, NULL, cancellable, error)
      || (state.plan->import != NULL && domuimg_plan_is_there (state.plan)
          && !run_steps (&state, NULL, cancellable, error)))
    return NULL;
  return domuimg_rehearsal_new (&state);
}

/**
 * domuimg_build_run:
 * @self: a build
 * @progress: (nullable): is told how far the build is
 * @cancellable: (nullable): stops the build; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Makes the guest. Blocks until it is made; minutes, where packages are
 * installed. Programs that it starts are ended with it. A guest that a check
 * says will not reach its login is an error, unless the specification has
 * `allow-unbootable`.
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
  g_auto (DomuimgBuildState) state = { .expected = self->expected };

  g_return_val_if_fail (DOMUIMG_IS_BUILD (self), NULL);
  g_return_val_if_fail (progress == NULL || DOMUIMG_IS_PROGRESS (progress), NULL);
  memcpy (state.terminal, self->terminal, sizeof state.terminal);

  if (!begin (&state, self->spec, progress, cancellable, error))
    return NULL;
  if (progress != NULL)
    set_weights (&state, progress);
  if (!run_steps (&state, progress, cancellable, error))
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
 * Finishes what was left by a build, a repair, an update or a deletion that was
 * killed: removes its unfinished files or, if all of them were finished, gives
 * them their names. That is done only where each name is still of the very file
 * that was to be replaced, and nobody has it open for writing; else all is put
 * back as it was. What neither can be finished nor put back stays, with a line
 * that says so (domuimg_cleanup_list_unfinished()), and keeps nothing else from
 * being finished. What is still running is left alone.
 *
 * Returns: (transfer full) (array zero-terminated=1): what was done, one line
 *   each; empty if there was nothing to do. %NULL on error:
 *   %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO where the journals cannot be
 *   read
 *
 * Since: 0.1
 */
char **
domuimg_cleanup (gboolean dry_run, GCancellable *cancellable, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  domuimg_known_sweep ();
  return domuimg_undo_recover (dry_run, error);
}

/**
 * domuimg_cleanup_list_unfinished:
 * @error: return location for a #GError
 *
 * What was killed and is not finished; after domuimg_cleanup() that which cannot
 * be.
 *
 * Returns: (transfer full) (array zero-terminated=1): the ID of each, such as
 *   `0e7b1c52`, for domuimg_cleanup_discard(). %NULL on error:
 *   %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO
 *
 * Since: 0.1
 */
char **
domuimg_cleanup_list_unfinished (GError **error)
{
  return domuimg_undo_list_unfinished (error);
}

/**
 * domuimg_cleanup_discard:
 * @id: one of domuimg_cleanup_list_unfinished()
 * @error: return location for a #GError
 *
 * Gives up what was killed and cannot be finished: its journal is removed, and
 * nothing else. What was replaced already, or is unfinished, stays beside the
 * results, under a temporary name.
 *
 * Returns: (transfer full) (array zero-terminated=1): the files that it leaves
 *   under temporary names, one line each. %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND, %DOMUIMG_ERROR_BUSY for one that still runs,
 *   %DOMUIMG_ERROR_INVALID_ARGUMENT for what cannot be an ID
 *
 * Since: 0.1
 */
char **
domuimg_cleanup_discard (const char *id, GError **error)
{
  g_return_val_if_fail (id != NULL, NULL);
  return domuimg_undo_discard (id, error);
}
