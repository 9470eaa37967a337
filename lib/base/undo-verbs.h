/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/journal.h"
#include "lib/base/names.h"

/* What the records of a journal mean: a row for each verb. What a new kind of result needs to be
 * taken back or finished by, such as a volume, is one more row. Journals outlive the version that
 * wrote them, so a verb never changes its meaning. */

typedef enum {
  DOMUIMG_UNDO_ABANDONED = 1 << 0, /* the transaction was not committed */
  DOMUIMG_UNDO_COMMITTED = 1 << 1,
} DomuimgUndoCase;

typedef struct {
  const char *name;

  /* In which cases what the record names goes, and how: FALSE with errno where it could not be
   * removed, or did not exist (ENOENT). Newest records first. NULL: nothing goes. */
  DomuimgUndoCase goes;
  gboolean (*remove) (const DomuimgJournalRecord *record);
  const char *act, *acted; /* (nullable) in lines, in place of "remove" and "removed" */
  /* (nullable) What its paths are names of, where it gives or takes any. */
  const DomuimgNames *names;
  /* (nullable) Whether its path, which is not one of this host, is of anything; TRUE where it cannot
   * be told. */
  gboolean (*is_there) (const DomuimgJournalRecord *record);
  gboolean is_asked; /* errno of @remove alone tells whether it is gone: a path may be of an inactive one */
  gboolean may_stay; /* that it is still there then is no failure, and not told */

  /* (nullable) Before the commit: writes it out to the disk. */
  gboolean (*sync) (const DomuimgJournalRecord *record, GError **error);
  /* (nullable) What it does at the commit, oldest records first; nothing of it where it fails. The
   * names of the record and its labels tell later whether that was done (undo-settle.h). */
  gboolean (*finish) (const DomuimgJournalRecord *record, GError **error);
} DomuimgUndoVerb;

/* NULL for one that this version does not know. */
const DomuimgUndoVerb *domuimg_undo_verb_find (const char *name);
/* Whether the path of a record is of anything. */
gboolean domuimg_undo_is_there (const DomuimgJournalRecord *record);
/* What the names of a record with a known verb are of. */
const DomuimgNames *domuimg_undo_get_names (const DomuimgJournalRecord *record);
