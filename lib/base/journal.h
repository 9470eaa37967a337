/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The file behind a transaction: see undo.h. */
typedef struct _DomuimgJournal DomuimgJournal;

typedef struct {
  char *verb;
  char *path; /* NULL for "commit" */
  char *to;   /* of a "rename" */
  gboolean replace;
} DomuimgJournalRecord;

DomuimgJournalRecord *domuimg_journal_record_new (const char *verb, const char *path,
                                                  const char *to, gboolean replace);
void domuimg_journal_record_free (DomuimgJournalRecord *self);

DomuimgJournal *domuimg_journal_create (GError **error);
/* A word that no other transaction has, for temporary names. */
const char *domuimg_journal_get_id (DomuimgJournal *self);
/* On the disk once domuimg_journal_sync () has returned. */
gboolean domuimg_journal_append (DomuimgJournal *self, const DomuimgJournalRecord *record,
                                 GError **error);
gboolean domuimg_journal_sync (DomuimgJournal *self, GError **error);
void domuimg_journal_close (DomuimgJournal *self, gboolean remove);

/* All journals of this user, of living processes too. */
char **domuimg_journal_list (void);
/* NULL where its process lives. A last record that a kill cut off is left out: its act
 * never began. */
DomuimgJournal *domuimg_journal_take_over (const char *path, GPtrArray **records);
