/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan together with what was found when its steps were tried, and nothing was kept. */
#include "config.h"
#include "lib/build/rehearsal.h"

#include "lib/build/transfer.h"

/**
 * DomuimgRehearsal:
 *
 * What a build would do, with what only a look into its disks can tell.
 *
 * Since: 0.1
 */
struct _DomuimgRehearsal {
  GObject parent_instance;

  DomuimgPlan *plan;
  char *system;
  char *kernel_reason;
  gboolean was_tried; /* @found says something */
  DomuimgFound found;
};

G_DEFINE_FINAL_TYPE (DomuimgRehearsal, domuimg_rehearsal, G_TYPE_OBJECT)

static void
domuimg_rehearsal_finalize (GObject *object)
{
  DomuimgRehearsal *self = DOMUIMG_REHEARSAL (object);

  g_clear_object (&self->plan);
  g_clear_pointer (&self->found.changes, g_ptr_array_unref);
  g_clear_pointer (&self->found.warnings, g_ptr_array_unref);
  g_free (self->system);
  g_free (self->kernel_reason);
  G_OBJECT_CLASS (domuimg_rehearsal_parent_class)->finalize (object);
}

static void
domuimg_rehearsal_class_init (DomuimgRehearsalClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_rehearsal_finalize;
}

static void
domuimg_rehearsal_init (DomuimgRehearsal *self)
{
}

DomuimgRehearsal *
domuimg_rehearsal_new (const DomuimgBuildState *state)
{
  DomuimgRehearsal *self = g_object_new (DOMUIMG_TYPE_REHEARSAL, NULL);

  self->plan = g_object_ref (state->plan);
  if (state->report == NULL)
    return self;
  self->was_tried = TRUE;
  self->system = g_strdup (state->system_name);
  self->kernel_reason = g_strdup (state->kernel_reason);
  self->found = (DomuimgFound){
    .type = state->type,
    .changes = g_ptr_array_ref (state->changes),
    .warnings = g_ptr_array_ref (state->warnings),
    .system = self->system,
    .kernel_reason = self->kernel_reason,
    .verdict = domuimg_verdict_to_string (domuimg_report_get_verdict (state->report)),
  };
  return self;
}

static const DomuimgFound *
get_found (DomuimgRehearsal *self)
{
  return self->was_tried ? &self->found : NULL;
}

/**
 * domuimg_rehearsal_get_plan:
 * @self: a rehearsal
 *
 * Returns: (transfer none): the plan that was rehearsed
 *
 * Since: 0.1
 */
DomuimgPlan *
domuimg_rehearsal_get_plan (DomuimgRehearsal *self)
{
  g_return_val_if_fail (DOMUIMG_IS_REHEARSAL (self), NULL);
  return self->plan;
}

/**
 * domuimg_rehearsal_to_text:
 * @self: a rehearsal
 *
 * Returns: (transfer full): the steps, one a line, and what was found, for a
 *   person
 *
 * Since: 0.1
 */
char *
domuimg_rehearsal_to_text (DomuimgRehearsal *self)
{
  g_return_val_if_fail (DOMUIMG_IS_REHEARSAL (self), NULL);
  return domuimg_plan_describe (self->plan, get_found (self));
}

/**
 * domuimg_rehearsal_to_json:
 * @self: a rehearsal
 *
 * Returns: (transfer full): a JSON object with the members of
 *   domuimg_plan_to_json() and, for a machine that is converted, `system`,
 *   `changes` (text) and `verdict`
 *
 * Since: 0.1
 */
char *
domuimg_rehearsal_to_json (DomuimgRehearsal *self)
{
  g_return_val_if_fail (DOMUIMG_IS_REHEARSAL (self), NULL);
  return domuimg_plan_describe_json (self->plan, get_found (self));
}
