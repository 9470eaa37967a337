/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check says of the guest, before its disks are copied or anything has its name. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/build/plan-notes.h"

/* That the guest has yet to be installed is what was asked for. */
static gboolean
is_news (DomuimgBuildState *self, DomuimgFinding *finding)
{
  return domuimg_finding_get_severity (finding) != DOMUIMG_SEVERITY_INFO
         && (self->plan->installer == NULL
             || !g_str_equal (domuimg_finding_get_id (finding), "installer-pending"));
}

/* What a user has to know; the manifest has all of it. */
static void
tell (DomuimgBuildState *self)
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);

  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (is_news (self, finding))
        g_ptr_array_add (self->warnings, g_strdup_printf ("%s: %s", domuimg_finding_get_id (finding),
                                                          domuimg_finding_get_message (finding)));
    }
}

/* A guest that nobody can log in to is not what was asked for. */
static gboolean
refuse_unbootable (DomuimgBuildState *self, GError **error)
{
  GPtrArray *findings = domuimg_report_get_findings (self->report);
  g_autoptr (GString) reasons = g_string_new (NULL);

  if (self->is_rehearsal || domuimg_report_get_verdict (self->report) != DOMUIMG_VERDICT_FAILS
      || domuimg_spec_get_flag (self->plan->spec, "allow-unbootable"))
    return TRUE;
  for (guint i = 0; i < findings->len; i++)
    {
      DomuimgFinding *finding = g_ptr_array_index (findings, i);

      if (domuimg_finding_get_severity (finding) == DOMUIMG_SEVERITY_ERROR)
        g_string_append_printf (reasons, "%s%s [%s]", reasons->len > 0 ? "; " : "",
                                domuimg_finding_get_message (finding),
                                domuimg_finding_get_id (finding));
    }
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_BOOTABLE,
                       "%s would not boot: %s; use --allow-unbootable to make it all the same",
                       self->plan->name, reasons->str);
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
  if (self->report == NULL || !domuimg_plan_check_strict (self->plan, self->losses, error))
    return FALSE;
  tell (self);
  return refuse_unbootable (self, error);
}
