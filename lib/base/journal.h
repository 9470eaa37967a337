/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The file behind a transaction: see undo.h. */
typedef struct _DomuimgJournal DomuimgJournal;

typedef struct {
  char *verb;
  char *path; /* NULL for "commit" */
  char *to;   /* of a "rename" and a "withdraw": the final name */
  gboolean replace;
  /* Labels (label.h) of what had the final name at the commit, and of what has it afterwards, by the
   * record "expect"; NULL before the commit. */
  char *was;
  char *is;
  char *wanted;   /* (nullable) what it was when the work on it began */
  gboolean holds; /* @path holds what could not be put back under its name */
} DomuimgJournalRecord;

DomuimgJournalRecord *domuimg_journal_record_new (const char *verb, const char *path,
                                                  const char *to, gboolean replace);
void domuimg_journal_record_free (DomuimgJournalRecord *self);

/* The directory of journals and locks, which is made if need be. */
char *domuimg_journal_directory (GError **error);
/* Another directory of what is kept from one run to the next, made if it is missing. */
char *domuimg_state_directory (const char *name, GError **error);

DomuimgJournal *domuimg_journal_create (GError **error);
/* A word that no other transaction has, for temporary names. */
const char *domuimg_journal_get_id (DomuimgJournal *self);
/* On the disk once domuimg_journal_sync () has returned. */
gboolean domuimg_journal_append (DomuimgJournal *self, const DomuimgJournalRecord *record,
                                 GError **error);
/* What the final name of @record was and is at the commit. */
gboolean domuimg_journal_append_labels (DomuimgJournal *self, const DomuimgJournalRecord *record,
                                        GError **error);
gboolean domuimg_journal_append_commit (DomuimgJournal *self, GError **error);
/* Makes the commit one that was taken back; it needs no space. Nothing where there is none. */
gboolean domuimg_journal_revoke_commit (DomuimgJournal *self, GError **error);
gboolean domuimg_journal_sync (DomuimgJournal *self, GError **error);
void domuimg_journal_close (DomuimgJournal *self, gboolean remove);

/* All journals of this user, of living processes too. */
char **domuimg_journal_list (GError **error);
/* The path of the journal with this ID, whether it exists or not. */
char *domuimg_journal_path (const char *id, GError **error);
/* NULL without an error where its process lives, or has ended it meanwhile. A last record that a
 * kill cut off is left out: its act never began. */
DomuimgJournal *domuimg_journal_take_over (const char *path, GPtrArray **records, GError **error);
