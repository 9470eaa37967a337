/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check says of the guest, before its disks are copied or anything has its name. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/build/plan-notes.h"
#include "lib/check/report.h"

/* A guest that nobody can log in to is not what was asked for. */
static gboolean
refuse_unbootable (DomuimgBuildState *self, GError **error)
{
  return self->is_rehearsal || domuimg_spec_get_flag (self->plan->spec, "allow-unbootable")
         || domuimg_report_check_boots (self->report, self->plan->name, error);
}

gboolean
domuimg_build_step_verdict (DomuimgBuildState *self, DomuimgProgress *progress,
                            GCancellable *cancellable, GError **error)
{
  domuimg_progress_set_message (progress, "Checking whether it will boot");
  /* Labels and features are read from the file, not from the tree. */
  if (!domuimg_build_flush (self, error) || !domuimg_build_make_domain (self, error))
    return FALSE;
  self->report = domuimg_build_check_made (self, cancellable, error);
  if (self->report == NULL || !domuimg_report_check_read (self->report, self->plan->name, error)
      || !domuimg_plan_check_strict (self->plan, self->losses, error))
    return FALSE;
  /* That the guest has yet to be installed is what was asked for. */
  domuimg_report_add_warnings (self->report,
                               self->plan->installer != NULL ? "installer-pending" : NULL,
                               self->warnings);
  return refuse_unbootable (self, error);
}
