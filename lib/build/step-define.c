/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has libvirt know the guest, as the last act before the commit. */
#include "config.h"
#include "lib/build/state.h"

#include "lib/base/definition.h"

/* Without its XML there is nothing that libvirt could take; a warning says why there is none. */
static gboolean
fail_without_xml (const DomuimgBuildState *self, GError **error)
{
  const char *why = self->warnings->len > 0
                        ? g_ptr_array_index (self->warnings, self->warnings->len - 1)
                        : "there is no libvirt XML";

  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s cannot be defined: %s",
                       self->plan->name, why);
}

gboolean
domuimg_build_step_define (DomuimgBuildState *self, DomuimgProgress *progress,
                           GCancellable *cancellable, GError **error)
{
  const DomuimgPlan *plan = self->plan;
  g_autofree char *address = NULL;
  DomuimgDefinition definition = { NULL };

  if (!domuimg_spec_get_flag (plan->spec, "define"))
    return TRUE;
  if (self->xml_text == NULL)
    return fail_without_xml (self, error);
  domuimg_progress_set_message (progress, "Defining %s", plan->name);
  address = domuimg_definition_make_address (domuimg_spec_get (plan->spec, "connect"), plan->name);
  definition = (DomuimgDefinition){ address, plan->uuid, self->xml_text, plan->force,
                                    domuimg_spec_get_flag (plan->spec, "autostart") };
  return domuimg_definition_check (address, plan->uuid, plan->force, error)
         && domuimg_undo_add_definition (self->undo, address, plan->uuid, error)
         && domuimg_definition_make (&definition, cancellable, error);
}
