/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transactions that a kill interrupted: completed, put back, or, on demand, given up. */
#include "config.h"
#include "lib/base/undo.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/journal.h"
#include "lib/base/label.h"
#include "lib/base/lock.h"
#include "lib/base/undo-settle.h"
#include "lib/base/undo-verbs.h"

static gboolean
has_verb (const GPtrArray *records, const char *verb)
{
  for (guint i = 0; i < records->len; i++)
    if (g_str_equal (((DomuimgJournalRecord *) g_ptr_array_index (records, i))->verb, verb))
      return TRUE;
  return FALSE;
}

/* The worst state that a result is in, with *@why (nullable) it is. */
static DomuimgResultState
look_at_all (const GPtrArray *records, char **why)
{
  DomuimgResultState worst = DOMUIMG_RESULT_GONE;

  *why = NULL;
  for (guint i = 0; i < records->len; i++)
    {
      g_autofree char *reason = NULL;
      DomuimgResultState state = domuimg_undo_look (g_ptr_array_index (records, i), &reason);

      if (state <= worst)
        continue;
      worst = state;
      g_free (*why);
      *why = g_steal_pointer (&reason);
    }
  return worst;
}

static gboolean
complete_one (DomuimgJournalRecord *record, GPtrArray *lines, GError **error)
{
  g_autofree char *why = NULL;

  switch (domuimg_undo_look (record, &why))
    {
    case DOMUIMG_RESULT_CONFLICT:
      return domuimg_fail (error, DOMUIMG_ERROR_BUSY, "%s", why);
    case DOMUIMG_RESULT_UNKNOWN:
      return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", why);
    case DOMUIMG_RESULT_PENDING:
      break;
    default:
      return TRUE;
    }
  if (!domuimg_undo_verb_find (record->verb)->finish (record, error))
    return FALSE;
  g_ptr_array_add (lines, g_strdup_printf ("completed %s%s",
                                           domuimg_label_is_absent (record->is)
                                               ? "the removal of "
                                               : "",
                                           record->to));
  return TRUE;
}

static gboolean
complete (const GPtrArray *records, GPtrArray *lines, GError **error)
{
  for (guint i = 0; i < records->len; i++)
    if (!complete_one (g_ptr_array_index (records, i), lines, error))
      return FALSE;
  return domuimg_undo_sync_directories (records, error);
}

static void
tell_unfinished (DomuimgJournal *journal, const char *why, GPtrArray *lines)
{
  g_ptr_array_add (lines,
                   g_strdup_printf ("%s cannot be finished: %s; domuimg cleanup --discard %s leaves"
                                    " its files as they are",
                                    domuimg_journal_get_id (journal), why,
                                    domuimg_journal_get_id (journal)));
}

/* Nothing of it stays; @why (nullable) it could not be completed. */
static gboolean
take_back (DomuimgJournal *journal, const GPtrArray *records, const char *why, GPtrArray *lines)
{
  g_autofree char *why_not = NULL;
  g_autoptr (GError) error = NULL;

  if (!domuimg_undo_put_back (records, lines, &why_not))
    {
      g_autofree char *both = why != NULL ? g_strdup_printf ("%s, and %s", why, why_not)
                                          : g_strdup (why_not);

      tell_unfinished (journal, both, lines);
      return FALSE;
    }
  if (!domuimg_journal_revoke_commit (journal, &error)
      || !domuimg_undo_sync_directories (records, &error))
    {
      tell_unfinished (journal, error->message, lines);
      return FALSE;
    }
  return domuimg_undo_remove_all (records, FALSE, lines);
}

/* All have their old names until this is tried again: what failed need not do so then. */
static void
postpone (DomuimgJournal *journal, const GPtrArray *records, const char *why, GPtrArray *lines)
{
  g_autofree char *why_not = NULL;

  if (!domuimg_undo_put_back (records, lines, &why_not))
    tell_unfinished (journal, why_not, lines);
  else
    tell_unfinished (journal, why, lines);
}

static gboolean
finish_committed (DomuimgJournal *journal, const GPtrArray *records, GPtrArray *lines)
{
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;

  switch (look_at_all (records, &why))
    {
    case DOMUIMG_RESULT_UNKNOWN:
      tell_unfinished (journal, why, lines);
      return FALSE;
    case DOMUIMG_RESULT_CONFLICT:
      break;
    default:
      if (complete (records, lines, &error))
        return domuimg_undo_remove_all (records, TRUE, lines);
      why = g_strdup (error->message);
      if (!g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY)
          && !g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS))
        {
          postpone (journal, records, why, lines);
          return FALSE;
        }
    }
  g_ptr_array_add (lines, g_strdup_printf ("%s, so what was made for it is taken back", why));
  return take_back (journal, records, why, lines);
}

static gboolean
exists (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void
describe_completion (const GPtrArray *records, GPtrArray *lines)
{
  for (guint i = 0; i < records->len; i++)
    {
      DomuimgJournalRecord *record = g_ptr_array_index (records, i);
      const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);
      g_autofree char *why = NULL;

      if (domuimg_undo_look (record, &why) == DOMUIMG_RESULT_PENDING)
        g_ptr_array_add (lines, g_strdup_printf ("would complete %s", record->to));
      /* What goes in any case is only worth a line where its results have no names yet. */
      else if (verb != NULL && verb->goes == DOMUIMG_UNDO_COMMITTED
               && domuimg_undo_is_there (record))
        g_ptr_array_add (lines, g_strdup_printf ("would remove %s", record->path));
    }
}

static void
describe_removal (const GPtrArray *records, GPtrArray *lines)
{
  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *record = g_ptr_array_index (records, i);
      const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);
      g_autofree char *line = NULL;

      if (verb == NULL || (verb->goes & DOMUIMG_UNDO_ABANDONED) == 0 || verb->may_stay
          || !domuimg_undo_is_there (record))
        continue;
      line = g_strdup_printf ("would %s %s", verb->act != NULL ? verb->act : "remove", record->path);
      if (!g_ptr_array_find_with_equal_func (lines, line, g_str_equal, NULL))
        g_ptr_array_add (lines, g_steal_pointer (&line));
    }
}

static void
describe (const GPtrArray *records, GPtrArray *lines)
{
  g_autofree char *why = NULL;

  if (!has_verb (records, "commit"))
    {
      describe_removal (records, lines);
      return;
    }
  switch (look_at_all (records, &why))
    {
    case DOMUIMG_RESULT_UNKNOWN:
      g_ptr_array_add (lines, g_steal_pointer (&why));
      return;
    case DOMUIMG_RESULT_CONFLICT:
      g_ptr_array_add (lines, g_strdup_printf ("%s, so what was made for it would be taken back",
                                               why));
      return;
    default:
      describe_completion (records, lines);
    }
}

static void
recover_one (const char *path, gboolean dry_run, GPtrArray *lines)
{
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgJournal *journal = domuimg_journal_take_over (path, &records, &error);
  gboolean done = FALSE;

  if (error != NULL)
    g_ptr_array_add (lines, g_strdup (error->message));
  if (journal == NULL)
    return;
  if (dry_run)
    describe (records, lines);
  else if (has_verb (records, "commit"))
    done = finish_committed (journal, records, lines);
  else
    done = take_back (journal, records, NULL, lines);
  domuimg_journal_close (journal, done);
}

char **
domuimg_undo_recover (gboolean dry_run, GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) paths = domuimg_journal_list (error);

  if (paths == NULL)
    return NULL;
  for (guint i = 0; paths[i] != NULL; i++)
    recover_one (paths[i], dry_run, lines);
  if (!dry_run)
    domuimg_lock_sweep ();
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}

static char *
id_of (const char *path)
{
  char *name = g_path_get_basename (path);

  name[strcspn (name, ".")] = '\0';
  return name;
}

char **
domuimg_undo_list_unfinished (GError **error)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  g_auto (GStrv) paths = domuimg_journal_list (error);

  if (paths == NULL)
    return NULL;
  for (guint i = 0; paths[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) records = NULL;
      g_autoptr (GError) local = NULL;
      g_autofree char *id = id_of (paths[i]);
      DomuimgJournal *journal = domuimg_journal_take_over (paths[i], &records, &local);

      /* One that cannot be read is not finished, either; one without a record has just been made, by
       * somebody who has not locked it yet. */
      if ((journal != NULL && records->len > 0) || local != NULL)
        g_strv_builder_add (ids, id);
      if (journal != NULL)
        domuimg_journal_close (journal, FALSE);
    }
  return g_strv_builder_end (ids);
}

/* A result's line says more than that of the record that removes its temporary name. */
static gboolean
is_told_by_result (const GPtrArray *records, const DomuimgJournalRecord *record)
{
  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *other = g_ptr_array_index (records, i);

      if (other != record && other->to != NULL && g_strcmp0 (other->path, record->path) == 0)
        return TRUE;
    }
  return FALSE;
}

static void
tell_left (const GPtrArray *records, const DomuimgJournalRecord *record, GPtrArray *lines)
{
  const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);
  g_autofree char *label = NULL;

  if (!domuimg_undo_is_there (record) || (verb != NULL && (verb->may_stay || verb->act != NULL))
      || (record->to == NULL && is_told_by_result (records, record)))
    return;
  label = domuimg_label_of (record->path, NULL);
  if (record->to == NULL || (verb != NULL && verb->is_there != NULL))
    g_ptr_array_add (lines, g_strdup_printf ("left %s", record->path));
  else if (label != NULL && record->was != NULL && domuimg_label_is_same_file (label, record->was))
    g_ptr_array_add (lines, g_strdup_printf ("left %s, which was %s before", record->path,
                                             record->to));
  else
    g_ptr_array_add (lines, g_strdup_printf ("left %s, which was to become %s", record->path,
                                             record->to));
}

char **
domuimg_undo_discard (const char *id, GError **error)
{
  g_autofree char *path = domuimg_journal_path (id, error);
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local = NULL;
  DomuimgJournal *journal = path != NULL ? domuimg_journal_take_over (path, &records, &local) : NULL;

  if (journal == NULL)
    {
      if (local != NULL)
        g_propagate_error (error, g_steal_pointer (&local));
      else if (path != NULL && exists (path))
        domuimg_fail (error, DOMUIMG_ERROR_BUSY, "the transaction %s is still at work", id);
      else if (path != NULL)
        domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                      "there is no transaction %s; domuimg cleanup names those that it cannot"
                      " finish",
                      id);
      return NULL;
    }
  for (guint i = 0; i < records->len; i++)
    tell_left (records, g_ptr_array_index (records, i), lines);
  domuimg_journal_close (journal, TRUE);
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}
