/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells which of the guest's files no rule could read. */
#include "config.h"
#include "lib/check/report.h"
#include "lib/check/rules.h"

#include "lib/tree/faults.h"

static void
report_faults (DomuimgMachine *self, const char *name, DomuimgTree *tree)
{
  g_autoptr (GPtrArray) faults = domuimg_tree_list_faults (tree);

  for (guint i = 0; i < faults->len; i++)
    {
      const DomuimgTreeFault *fault = g_ptr_array_index (faults, i);
      g_autofree char *path = g_strconcat ("/", fault->path, NULL);

      domuimg_report_note_unread (self->report, fault->error);
      domuimg_finding_advise (
          domuimg_machine_report (self, "file-unreadable", path,
                                  "%s on %s cannot be read, and the guest may need it: %s", path,
                                  name, fault->error->message),
          "look at the disk that the image is on, and run e2fsck -f or its kin on the image");
    }
}

/* To a rule, what it cannot read is not there: this is where the two are told apart. */
void
domuimg_check_faults (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->tree != NULL)
        report_faults (self, device->name, device->tree);
    }
}
