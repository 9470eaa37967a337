/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/journal.h"

/* Commits that were interrupted or failed, judged by what the names of their results are now. */

typedef enum {
  DOMUIMG_RESULT_GONE,     /* nothing of it is left to do */
  DOMUIMG_RESULT_PENDING,  /* it can be completed */
  DOMUIMG_RESULT_DONE,
  DOMUIMG_RESULT_CONFLICT, /* its name is of something else than it was to replace */
  DOMUIMG_RESULT_UNKNOWN,  /* it cannot be looked at, now */
} DomuimgResultState;

/* Whether a record is of something that gets its final name, or loses it, at the commit. */
gboolean domuimg_undo_is_result (const DomuimgJournalRecord *record);
/* What has become of a record with a final name. *@why (out) (nullable) is set for a
 * conflict and what is unknown: a part of a sentence. */
DomuimgResultState domuimg_undo_look (DomuimgJournalRecord *record, char **why);
/* Puts back what was done, newest first, unless one of it was changed since, or is in use: then
 * nothing is done, and *@why (out) says what of. What has just been done (@lines is NULL) may be in
 * use, as we may have it open ourselves. Lines for what was put back go to @lines. */
gboolean domuimg_undo_put_back (const GPtrArray *records, GPtrArray *lines, char **why);
/* Writes out the directories in which names were changed, each once. */
gboolean domuimg_undo_sync_directories (const GPtrArray *records, GError **error);
/* Does what goes goes: see undo-verbs.h. FALSE where something could not be removed, or is of a
 * verb that this version does not know. */
gboolean domuimg_undo_remove_all (const GPtrArray *records, gboolean committed, GPtrArray *lines);
