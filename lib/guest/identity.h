/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/steps.h"

/* What tells a machine from its copies: a row for each thing, with what takes it away or makes it anew.
 * Most are files that the system makes again where they are missing. */

typedef enum {
  DOMUIMG_CLEANER_USUAL = 1 << 0, /* on unless it is turned off */
  DOMUIMG_CLEANER_FRESH = 1 << 1, /* of every guest that is made of files, too */
} DomuimgCleanerTraits;

typedef struct {
  const char *name;
  const char *help;
  DomuimgCleanerTraits traits;
  /* (nullable) Ended by NULL. Patterns in the last part of a path; what begins with "~/" is in the home of
   * root and of each user; of what ends in "/", the files below go but those that begin with a dot, and
   * directories stay. */
  const char *const *paths;
  const char *const *emptied; /* (nullable) files that are emptied, likewise ended */
  /* (nullable) Does the rest. */
  gboolean (*run) (DomuimgGuestRun *self, GError **error);
} DomuimgCleaner;

/* All of them, in the order in which they are run; at most 64, as a set of them is a word. */
extern const DomuimgCleaner domuimg_cleaners[];
extern const guint domuimg_n_cleaners;

/* Those that have one of these traits. */
guint64 domuimg_cleaners_with (DomuimgCleanerTraits traits);
/* "NAME,NAME,-NAME" added to and taken from the usual ones; "none" and "all" begin with these. */
gboolean domuimg_cleaners_parse (const char *text, guint64 *set, GError **error);
gboolean domuimg_cleaners_has (guint64 set, const char *name);
/* Adds the names of those in @set. */
void domuimg_cleaners_list (guint64 set, GPtrArray *names);
/* One line each, those that are on by themselves marked. */
char *domuimg_cleaners_describe (void);

/* Names that are other ones now, in files that may have them (identity-files.c). */
typedef struct {
  const char *directory, *pattern;
} DomuimgIdentityPlace;

typedef gboolean (*DomuimgIdentityVisit) (DomuimgGuestRun *self, const char *path, GError **error);

/* (nullable) @text with the new names of @renamed, if it has one of the old. */
char *domuimg_renamed_apply (const GPtrArray *renamed, const char *text);
gboolean domuimg_identity_rename (DomuimgGuestRun *self, const char *path, const GPtrArray *renamed,
                                  GError **error);
/* Calls @visitor with each file there that is no link. */
gboolean domuimg_identity_each_file (DomuimgGuestRun *self, const DomuimgIdentityPlace *places, guint n,
                                     DomuimgIdentityVisit visitor, GError **error);

/* Cleaners that are more than a list (identity-machine.c, identity-net.c, identity-uuid.c). */
gboolean domuimg_clean_machine_id (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_dbus_id (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_initiator (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_reconfiguration (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_backup_files (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_hosts (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_macs (DomuimgGuestRun *self, GError **error);
gboolean domuimg_clean_uuids (DomuimgGuestRun *self, GError **error);
