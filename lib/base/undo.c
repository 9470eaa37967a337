/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/journal.h"
#include "lib/base/mount.h"
#include "lib/base/remove.h"

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

static gboolean
rename_one (const DomuimgJournalRecord *result, GError **error)
{
  int flags = result->replace ? 0 : RENAME_NOREPLACE;

  if (renameat2 (AT_FDCWD, result->path, AT_FDCWD, result->to, flags) == 0)
    return TRUE;
  /* Some network filesystems do not know the flag. */
  if (errno == EINVAL && !result->replace && link (result->path, result->to) == 0)
    return unlink (result->path) == 0;
  return domuimg_set_errno (error, errno, "giving %s its name", result->to);
}

typedef struct {
  const DomuimgJournalRecord *result;
  GThread *thread; /* (nullable) */
  int fd;          /* -1: there is no such file */
  int problem;     /* an errno */
} Sync;

static gpointer
sync_one (gpointer data)
{
  Sync *self = data;

  self->problem = self->fd >= 0 && fsync (self->fd) != 0 ? errno : 0;
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

      sync->result = g_ptr_array_index (records, i);
      sync->fd = sync->result->to != NULL ? open (sync->result->path, O_RDONLY | O_CLOEXEC) : -1;
      if (sync->fd >= 0)
        sync->thread = g_thread_try_new ("sync", sync_one, sync, NULL);
      if (sync->thread == NULL)
        sync_one (sync);
    }
  for (guint i = 0; i < records->len; i++)
    {
      g_clear_pointer (&syncs[i].thread, g_thread_join);
      if (syncs[i].fd >= 0)
        close (syncs[i].fd);
      if (ok && syncs[i].problem != 0)
        ok = domuimg_set_errno (error, syncs[i].problem, "writing out %s", syncs[i].result->to);
    }
  return ok;
}

/* Takes back the names that were given so far, for a rename that failed halfway. */
static void
rename_back (const GPtrArray *records, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      const DomuimgJournalRecord *result = g_ptr_array_index (records, i);

      if (result->to != NULL && !result->replace)
        g_rename (result->to, result->path);
    }
}

gboolean
domuimg_undo_commit (DomuimgUndo *self, GError **error)
{
  if (!sync_results (self->records, error)
      || !record (self, "commit", NULL, NULL, FALSE, error))
    return FALSE;
  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *result = g_ptr_array_index (self->records, i);

      if (result->to == NULL || access (result->path, F_OK) != 0)
        continue;
      if (!rename_one (result, error))
        {
          rename_back (self->records, i);
          return FALSE;
        }
    }
  self->committed = TRUE;
  return TRUE;
}

/* What mmdebstrap unpacked without root belongs to users of a namespace, and only such a
 * namespace's root can remove it; mmdebstrap can make one. */
static gboolean
remove_tree (const char *path)
{
  g_autoptr (DomuimgExec) exec = NULL;

  if (access (path, F_OK) != 0)
    return FALSE;
  if (domuimg_remove_tree (path))
    return TRUE;
  /* A disk that was shown when everything was killed; see image/export.c. */
  domuimg_unmount_below (path);
  if (domuimg_remove_tree (path))
    return TRUE;
  exec = domuimg_exec_new ("mmdebstrap");
  domuimg_exec_arg (exec, "--unshare-helper");
  domuimg_exec_arg (exec, "rm");
  domuimg_exec_arg (exec, "-rf");
  domuimg_exec_arg (exec, "--one-file-system");
  domuimg_exec_arg (exec, path);
  domuimg_exec_run (exec, NULL, NULL);
  return domuimg_remove_tree (path);
}

/* What is to be deleted stays unless all of the transaction is done. */
static gboolean
is_kept (const DomuimgJournalRecord *record, gboolean committed)
{
  return g_str_equal (record->verb, "delete") && !committed;
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
      gboolean done = FALSE;

      if (one->path == NULL || one->to != NULL || is_kept (one, committed))
        continue;
      if (g_str_equal (one->verb, "remove") || g_str_equal (one->verb, "delete"))
        done = unlink (one->path) == 0;
      else if (g_str_equal (one->verb, "remove-tree"))
        done = remove_tree (one->path);
      else if (g_str_equal (one->verb, "rmdir") && !committed)
        done = rmdir (one->path) == 0;
      if (done && lines != NULL)
        g_ptr_array_add (lines, g_strdup_printf ("removed %s", one->path));
      if (done || access (one->path, F_OK) != 0 || g_str_equal (one->verb, "rmdir"))
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

      if (one->path == NULL || access (one->path, F_OK) != 0)
        continue;
      if (committed && one->to != NULL)
        g_ptr_array_add (lines, g_strdup_printf ("would complete %s", one->to));
      else if (one->to == NULL && !is_kept (one, committed)
               && (!committed || g_str_equal (one->verb, "delete"))
               && !g_str_equal (one->verb, "rmdir"))
        g_ptr_array_add (lines, g_strdup_printf ("would remove %s", one->path));
    }
}

/* The transaction was whole: what lacks is its last names. */
static gboolean
complete (const GPtrArray *records, GPtrArray *lines, GError **error)
{
  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *result = g_ptr_array_index (records, i);

      if (result->to == NULL || access (result->path, F_OK) != 0)
        continue;
      if (!rename_one (result, error))
        return FALSE;
      g_ptr_array_add (lines, g_strdup_printf ("completed %s", result->to));
    }
  return TRUE;
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
      else if (committed && !complete (records, lines, error))
        {
          domuimg_journal_close (journal, FALSE);
          return NULL;
        }
      domuimg_journal_close (journal, !dry_run && undo_all (records, committed, lines));
    }
  g_ptr_array_add (lines, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&lines), FALSE);
}
