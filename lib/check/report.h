/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "lib/check/rules.h"

/* The inside of findings and reports, for the files of this room. */

struct _DomuimgFinding {
  GObject parent_instance;

  const char *id; /* of the table of rules */
  DomuimgSeverity severity;
  char *message;
  char *evidence; /* (nullable) valid UTF-8 */
  char *remedy;   /* (nullable) what --fix would do, or what a person is to do */
  DomuimgRepair repair; /* (nullable) one of the two, if it can be repaired */
  DomuimgEditRepair edit_repair; /* (nullable) */
  char *argument; /* (nullable) of the repair */
};

DomuimgReport *domuimg_report_new (void);
void domuimg_report_set_guest_type (DomuimgReport *self, DomuimgGuestType type);
/* Takes @finding. */
void domuimg_report_add (DomuimgReport *self, DomuimgFinding *finding);
