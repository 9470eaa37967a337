/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the configuration as xl reads it. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/offers.h"

static DomuimgSeverity
weigh (const DomuimgXlProblem *problem)
{
  const DomuimgRule *rule = domuimg_rules;

  if (problem->refused)
    return DOMUIMG_SEVERITY_ERROR;
  while (rule->id != NULL && !g_str_equal (rule->id, problem->id))
    rule++;
  return rule->id != NULL && rule->severity == DOMUIMG_SEVERITY_INFO ? DOMUIMG_SEVERITY_INFO
                                                                      : DOMUIMG_SEVERITY_WARNING;
}

static void
report (DomuimgMachine *self, const DomuimgXlProblem *problem)
{
  g_autofree char *place = problem->line > 0 ? g_strdup_printf ("%s:%u", self->path, problem->line)
                                             : g_strdup (self->path);
  DomuimgFinding *finding = domuimg_machine_report_as (self, weigh (problem), problem->id, place,
                                                       "%s", problem->message);

  if (problem->fix_key != NULL)
    domuimg_offer_config (finding, problem->fix_key, problem->fix_value);
  else if (problem->rename_from != NULL)
    domuimg_offer_rename (finding, problem->rename_from, problem->rename_to);
}

/* What fits no disk, and so would never be found by looking into one. */
static void
check_disks (DomuimgMachine *self)
{
  gboolean has_loader = self->type != DOMUIMG_GUEST_TYPE_HVM
                        && domuimg_domain_get_bootloader (self->domain) != NULL;

  if (domuimg_domain_get_disks (self->domain)->len > 0)
    return;
  if (has_loader)
    domuimg_machine_report_as (self, DOMUIMG_SEVERITY_ERROR, "config-no-disk", NULL,
                               "the guest has no disk, and libxl runs no boot loader without one");
  else
    domuimg_machine_report (self, "config-no-disk", NULL, "the guest has no disk");
}

/* Nothing starts guests from a file of xm any more. */
static void
check_language (DomuimgMachine *self)
{
  if (self->config == NULL && self->format == DOMUIMG_CONFIG_FORMAT_XM)
    domuimg_finding_advise (
        domuimg_machine_report (self, "config-deprecated", self->path,
                                "%s is a file of xm, which xl cannot read: it is judged by what xm"
                                " made of it",
                                self->path),
        "domuimg config convert writes it as xl.cfg");
}

void
domuimg_check_config (DomuimgMachine *self)
{
  g_autoptr (GPtrArray) problems = NULL;

  if (self->is_image)
    return;
  if (self->config != NULL)
    problems = domuimg_xl_file_check (self->config, self->xen.major, self->xen.minor);
  for (guint i = 0; problems != NULL && i < problems->len; i++)
    report (self, g_ptr_array_index (problems, i));
  check_language (self);
  check_disks (self);
}
