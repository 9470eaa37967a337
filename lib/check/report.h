/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "domuimg/check.h"
#include "lib/check/rules.h"
#include "lib/guest/manifest.h"

/* The inside of findings and reports, for the files of this room. */

struct _DomuimgFinding {
  GObject parent_instance;

  char *id; /* of the table of rules, or of what a host has */
  DomuimgSeverity severity;
  gboolean is_present; /* what a host has: nothing is wrong */
  char *message;
  char *purpose;  /* (nullable) what it is for */
  char *evidence; /* (nullable) valid UTF-8 */
  char *remedy;   /* (nullable) what --fix would do, or what a person is to do */
  DomuimgRepair repair; /* (nullable) one of the two, if it can be repaired */
  DomuimgEditRepair edit_repair; /* (nullable) */
  char *argument; /* (nullable) of the repair */
};

DomuimgReport *domuimg_report_new (void);
void domuimg_report_set_guest_type (DomuimgReport *self, DomuimgGuestType type);
/* What was checked, and why it could not be. */
void domuimg_report_set_guest (DomuimgReport *self, const char *guest);
void domuimg_report_set_error (DomuimgReport *self, const char *message);
/* The members of its JSON, into an object that is open. */
void domuimg_report_add_members (DomuimgReport *self, JsonBuilder *builder);
/* NOT_BOOTABLE, with each finding that keeps it from its boot, where the guest @name fails. */
gboolean domuimg_report_check_boots (DomuimgReport *self, const char *name, GError **error);
/* Keeps @error, why something was not read, if it is the first that tells of a fault of the disk. */
void domuimg_report_note_unread (DomuimgReport *self, const GError *error);
/* IO with what was noted so: nobody can vouch for the guest @name, which was just made. */
gboolean domuimg_report_check_read (DomuimgReport *self, const char *name, GError **error);
/* Adds what a user has to know as "ID: MESSAGE", but for findings with the id @except (nullable). */
void domuimg_report_add_warnings (DomuimgReport *self, const char *except, GPtrArray *warnings);
/* What a manifest that has none yet keeps of it. */
void domuimg_report_write_down (DomuimgReport *self, DomuimgManifest *manifest);
/* Takes @finding. */
void domuimg_report_add (DomuimgReport *self, DomuimgFinding *finding);
