/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells whether the guest is one application, started by our init, before rules ask what a whole system
 * would need. */
#include "config.h"
#include "lib/check/rules.h"

void
domuimg_check_application (DomuimgMachine *self)
{
  g_autofree char *init = self->tree != NULL ? domuimg_machine_get_parameter (self, "init") : NULL;
  g_autoptr (GError) error = NULL;

  if (init == NULL || *init != '/')
    return;
  self->application = domuimg_application_find (self->tree, init, &error);
  if (error != NULL)
    domuimg_finding_advise (domuimg_machine_report_error (self, "init-missing", init, error),
                            "make the guest again");
}
