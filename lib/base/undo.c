/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transaction: its records, its commit, and what becomes of one that was interrupted. */
#include "config.h"
#include "lib/base/undo.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/journal.h"
#include "lib/base/undo-verbs.h"

struct _DomuimgUndo {
  DomuimgJournal *journal;
  GPtrArray *records; /* of DomuimgJournalRecord, as they were written */
  gboolean is_held;
  gboolean committed;
};

DomuimgUndo *
domuimg_undo_new (GError **error)
{
  DomuimgJournal *journal = domuimg_journal_create (error);
  DomuimgUndo *self;

  if (journal == NULL)
    return NULL;
  self = g_new0 (DomuimgUndo, 1);
  self->journal = journal;
  self->records = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_journal_record_free);
  return self;
}

/* Written to the journal, and on the disk, before the act that it can undo. */
static gboolean
record (DomuimgUndo *self, const char *verb, const char *path, const char *to, gboolean replace,
        GError **error)
{
  DomuimgJournalRecord *added = domuimg_journal_record_new (verb, path, to, replace);

  g_ptr_array_add (self->records, added);
  return domuimg_journal_append (self->journal, added, error)
         && (self->is_held || domuimg_journal_sync (self->journal, error));
}

void
domuimg_undo_hold (DomuimgUndo *self)
{
  self->is_held = TRUE;
}

gboolean
domuimg_undo_release (DomuimgUndo *self, GError **error)
{
  self->is_held = FALSE;
  return domuimg_journal_sync (self->journal, error);
}

static char *
absolute (const char *path)
{
  return g_canonicalize_filename (path, NULL);
}

char *
domuimg_undo_add_result (DomuimgUndo *self, const char *path, gboolean replace, GError **error)
{
  g_autofree char *final = absolute (path);
  g_autofree char *directory = g_path_get_dirname (final);
  g_autofree char *name = g_path_get_basename (final);
  g_autofree char *temporary = g_strdup_printf ("%s/.%s.%s", directory, name,
                                                domuimg_journal_get_id (self->journal));
  struct stat status;

  if (!replace && lstat (final, &status) == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                    "%s exists already; remove it, choose another name, or use --force", final);
      return NULL;
    }
  if (!record (self, "remove", temporary, NULL, FALSE, error)
      || !record (self, "rename", temporary, final, replace, error))
    return NULL;
  return g_steal_pointer (&temporary);
}

char *
domuimg_undo_make_directory (DomuimgUndo *self, const char *parent, GError **error)
{
  g_autofree char *top = absolute (parent);
  g_autofree char *path
      = g_strdup_printf ("%s/.domuimg.%s", top, domuimg_journal_get_id (self->journal));

  if (!record (self, "remove-tree", path, NULL, FALSE, error))
    return NULL;
  /* To be read by the root of a user namespace; see remove_tree (). */
  if (mkdir (path, 0755) != 0)
    {
      domuimg_set_errno (error, errno, "making the directory %s", path);
      return NULL;
    }
  return g_steal_pointer (&path);
}

gboolean
domuimg_undo_make_parents (DomuimgUndo *self, const char *directory, GError **error)
{
  g_autofree char *path = absolute (directory);
  g_autofree char *parent = g_path_get_dirname (path);

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return TRUE;
  if (!g_str_equal (parent, path) && !domuimg_undo_make_parents (self, parent, error))
    return FALSE;
  if (!record (self, "rmdir", path, NULL, FALSE, error))
    return FALSE;
  if (mkdir (path, 0777) != 0 && errno != EEXIST)
    return domuimg_set_errno (error, errno, "making the directory %s", path);
  return TRUE;
}

gboolean
domuimg_undo_add_removal (DomuimgUndo *self, const char *path, GError **error)
{
  g_autofree char *final = absolute (path);

  return record (self, "delete", final, NULL, FALSE, error);
}

/* What a verb says of a record that this version does not know: nothing, but that it is there. */
static const DomuimgUndoVerb *
verb_of (const DomuimgJournalRecord *record)
{
  static const DomuimgUndoVerb unknown = { .name = "" };
  const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);

  return verb != NULL ? verb : &unknown;
}

typedef struct {
  const DomuimgJournalRecord *record;
  const DomuimgUndoVerb *verb;
  GThread *thread; /* (nullable) */
  GError *error;   /* (nullable) */
} Sync;

static gpointer
sync_one (gpointer data)
{
  Sync *self = data;

  self->verb->sync (self->record, &self->error);
  return NULL;
}

/* At the same time: a disk takes as long to flush its cache for a small file as for a large one,
 * and does it once for all who wait. */
static gboolean
sync_results (const GPtrArray *records, GError **error)
{
  g_autofree Sync *syncs = g_new0 (Sync, records->len);
  gboolean ok = TRUE;

  for (guint i = 0; i < records->len; i++)
    {
      Sync *sync = &syncs[i];

      sync->record = g_ptr_array_index (records, i);
      sync->verb = verb_of (sync->record);
      if (sync->verb->sync == NULL)
        continue;
      sync->thread = g_thread_try_new ("sync", sync_one, sync, NULL);
      if (sync->thread == NULL)
        sync_one (sync);
    }
  for (guint i = 0; i < records->len; i++)
    {
      g_clear_pointer (&syncs[i].thread, g_thread_join);
      if (syncs[i].error == NULL)
        continue;
      g_propagate_error (ok ? error : NULL, syncs[i].error);
      ok = FALSE;
    }
  return ok;
}

/* Takes back what was finished so far, for one that failed halfway. */
static void
take_back (const GPtrArray *records, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (records, i);
      const DomuimgUndoVerb *verb = verb_of (one);

      if (verb->take_back != NULL)
        verb->take_back (one);
    }
}

/* Gives the results their names. Those that got one are told in @lines (nullable). *@failed
 * (nullable) is the record that could not. */
static gboolean
finish_all (const GPtrArray *records, GPtrArray *lines, guint *failed, GError **error)
{
  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (records, i);
      const DomuimgUndoVerb *verb = verb_of (one);
      gboolean done = FALSE;

      if (failed != NULL)
        *failed = i;
      if (verb->finish == NULL)
        continue;
      if (!verb->finish (one, &done, error))
        return FALSE;
      if (done && lines != NULL)
        g_ptr_array_add (lines, g_strdup_printf ("completed %s",
                                                 one->to != NULL ? one->to : one->path));
    }
  return TRUE;
}

gboolean
domuimg_undo_commit (DomuimgUndo *self, GError **error)
{
  guint failed;

  if (!sync_results (self->records, error)
      || !record (self, "commit", NULL, NULL, FALSE, error))
    return FALSE;
  if (!finish_all (self->records, NULL, &failed, error))
    {
      take_back (self->records, failed);
      return FALSE;
    }
  self->committed = TRUE;
  return TRUE;
}

static gboolean
goes (const DomuimgJournalRecord *one, gboolean committed)
{
  return one->path != NULL
         && (verb_of (one)->goes & (committed ? DOMUIMG_UNDO_COMMITTED : DOMUIMG_UNDO_ABANDONED))
                != 0;
}

static gboolean
is_there (const DomuimgJournalRecord *one)
{
  return one->path != NULL && access (one->path, F_OK) == 0;
}

/* Newest first: what lies in a directory goes before the directory. FALSE where something
 * could not be removed. */
static gboolean
undo_all (const GPtrArray *records, gboolean committed, GPtrArray *lines)
{
  gboolean all = TRUE;

  for (guint i = records->len; i > 0; i--)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (records, i - 1);
      const DomuimgUndoVerb *verb = verb_of (one);

      /* The journal stays until a version finishes it that knows how. */
      if (*verb->name == '\0')
        {
          all = FALSE;
          if (lines != NULL)
            g_ptr_array_add (lines, g_strdup_printf ("%s: this version of domuimg does not know"
                                                     " how to finish it (%s)",
                                                     one->path != NULL ? one->path : "a record",
                                                     one->verb));
        }
      if (!goes (one, committed))
        continue;
      if (verb->remove (one))
        {
          if (lines != NULL)
            g_ptr_array_add (lines, g_strdup_printf ("removed %s", one->path));
          continue;
        }
      if (!is_there (one) || verb->may_stay)
        continue;
      all = FALSE;
      if (lines != NULL)
        g_ptr_array_add (lines, g_strdup_printf ("%s is still in use; run this again soon",
                                                 one->path));
    }
  return all;
}

void
domuimg_undo_free (DomuimgUndo *self)
{
  domuimg_journal_close (self->journal, undo_all (self->records, self->committed, NULL));
  g_ptr_array_unref (self->records);
  g_free (self);
}

static gboolean
is_committed (const GPtrArray *records)
{
  for (guint i = 0; i < records->len; i++)
    {
      if (g_str_equal (((DomuimgJournalRecord *) g_ptr_array_index (records, i))->verb, "commit"))
        return TRUE;
    }
  return FALSE;
}

static void
describe (const GPtrArray *records, gboolean committed, GPtrArray *lines)
{
  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (records, i);
      const DomuimgUndoVerb *verb = verb_of (one);
      /* What goes in any case goes by itself where its results were completed. */
      gboolean would_go = goes (one, committed)
                          && !(committed && (verb->goes & DOMUIMG_UNDO_ABANDONED) != 0);

      if (!is_there (one))
        continue;
      if (committed && verb->finish != NULL)
        g_ptr_array_add (lines, g_strdup_printf ("would complete %s",
                                                 one->to != NULL ? one->to : one->path));
      else if (would_go && !verb->may_stay)
        g_ptr_array_add (lines, g_strdup_printf ("would remove %s", one->path));
    }
}

char **
domuimg_undo_recover (gboolean dry_run, GError **error)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) paths = domuimg_journal_list ();

  for (guint i = 0; paths[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) records = NULL;
      DomuimgJournal *journal = domuimg_journal_take_over (paths[i], &records);
      gboolean committed;

      if (journal == NULL)
        continue;
      committed = is_committed (records);
      if (dry_run)
        describe (records, committed, lines);
      else if (committed && !finish_all (records, lines, NULL, error))
        {
          domuimg_journal_close (journal, FALSE);
          return NULL;
        }
      domuimg_journal_close (journal, !dry_run && undo_all (records, committed, lines));
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}
