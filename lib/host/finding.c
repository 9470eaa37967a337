/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Findings on a host: the same type as those on a guest. */
#include "config.h"
#include "lib/host/finding.h"

#include "lib/check/report.h"

DomuimgFinding *
domuimg_host_finding_new (const char *id, gboolean is_present, DomuimgSeverity severity,
                          const char *what, const char *purpose, const char *remedy)
{
  DomuimgFinding *self = g_object_new (DOMUIMG_TYPE_FINDING, NULL);

  self->id = g_strdup (id);
  self->is_present = is_present;
  self->severity = is_present ? DOMUIMG_SEVERITY_INFO : severity;
  self->message = g_utf8_make_valid (what, -1);
  self->purpose = g_strdup (purpose);
  self->remedy = is_present ? NULL : g_strdup (remedy);
  return self;
}
