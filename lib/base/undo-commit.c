/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commit of a transaction: everything under its name, or everything as it was. */
#include "config.h"
#include "lib/base/undo-private.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/label.h"
#include "lib/base/lease.h"
#include "lib/base/undo-settle.h"
#include "lib/base/undo-verbs.h"

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
      sync->verb = domuimg_undo_verb_find (sync->record->verb);
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

static gboolean
busy (const DomuimgJournalRecord *one, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                       "%s is in use: shut the guest down, or unmount it, first", one->to);
}

/* From here to the end of the commit it is seen when somebody opens what is replaced for writing. */
static gboolean
take_lease (DomuimgUndo *self, const DomuimgJournalRecord *one, GError **error)
{
  const DomuimgNames *names = domuimg_undo_get_names (one);
  int fd;

  if (!names->are_files)
    return !names->is_busy (names, one->to) || busy (one, error);
  switch (domuimg_lease_take (one->to, &fd))
    {
    case DOMUIMG_LEASE_HELD:
      g_array_append_val (self->leases, fd);
      return TRUE;
    case DOMUIMG_LEASE_BUSY:
      return busy (one, error);
    default:
      return TRUE;
    }
}

static gboolean
are_leases_whole (DomuimgUndo *self, GError **error)
{
  for (guint i = 0; i < self->leases->len; i++)
    if (!domuimg_lease_is_whole (g_array_index (self->leases, int, i)))
      return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                           "a file was opened for writing in the moment of its replacement: shut"
                           " the guest down first");
  return TRUE;
}

static void
end_leases (DomuimgUndo *self)
{
  for (guint i = 0; i < self->leases->len; i++)
    domuimg_lease_end (g_array_index (self->leases, int, i));
  g_array_set_size (self->leases, 0);
}

/* What has the name now is what may be replaced. */
static gboolean
check_place (const DomuimgJournalRecord *one, GError **error)
{
  gboolean absent = domuimg_label_is_absent (one->was);
  struct stat status;

  if (one->wanted != NULL && !g_str_equal (one->wanted, one->was))
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "%s was changed meanwhile: shut the guest down first, and try again",
                         one->to);
  if (absent || domuimg_label_is_absent (one->is))
    return TRUE;
  if (!one->replace)
    return domuimg_set_errno (error, EEXIST, "giving %s its name", one->to);
  if (!domuimg_undo_get_names (one)->are_files)
    return TRUE;
  if (lstat (one->to, &status) != 0)
    return domuimg_set_errno (error, errno, "looking at %s", one->to);
  return !S_ISDIR (status.st_mode)
         || domuimg_set_errno (error, EISDIR, "replacing %s", one->to);
}

static gboolean
prepare_result (DomuimgUndo *self, DomuimgJournalRecord *one, GError **error)
{
  const DomuimgNames *names = domuimg_undo_get_names (one);
  gboolean appears = domuimg_undo_verb_find (one->verb)->sync != NULL;

  if (!take_lease (self, one, error))
    return FALSE;
  one->was = names->label (names, one->to, error);
  if (one->was == NULL)
    return FALSE;
  one->is = appears ? names->label (names, one->path, error) : g_strdup (DOMUIMG_LABEL_ABSENT);
  if (one->is == NULL)
    return FALSE;
  if (appears && domuimg_label_is_absent (one->is))
    return domuimg_set_errno (error, ENOENT, "giving %s its name: %s", one->to, one->path);
  return check_place (one, error)
         && domuimg_journal_append_labels (self->journal, one, error);
}

/* After this a kill is as a success. */
static gboolean
write_commit (DomuimgUndo *self, GError **error)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);

      if (domuimg_undo_is_result (one) && !prepare_result (self, one, error))
        return FALSE;
    }
  return domuimg_journal_append_commit (self->journal, error)
         && domuimg_journal_sync (self->journal, error);
}

static gboolean
finish_all (DomuimgUndo *self, GError **error)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);

      if (domuimg_undo_is_result (one) && !domuimg_undo_verb_find (one->verb)->finish (one, error))
        return FALSE;
    }
  return domuimg_undo_sync_directories (self->records, error) && are_leases_whole (self, error);
}

static void
take_commit_back (DomuimgUndo *self, GError **error)
{
  g_autofree char *why = NULL;

  /* Where it fails, who comes after a kill completes what is begun, which is as good. */
  domuimg_journal_revoke_commit (self->journal, NULL);
  if (!domuimg_undo_put_back (self->records, NULL, &why))
    g_prefix_error (error, "%s, see domuimg cleanup; and this was not all: ", why);
  domuimg_undo_sync_directories (self->records, NULL);
}

/* What was replaced or is to be deleted has temporary names by now. */
static gboolean
remove_old (DomuimgUndo *self, GError **error)
{
  gboolean any = FALSE;

  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);
      const DomuimgNames *names;

      if (!domuimg_undo_is_result (one) || domuimg_label_is_absent (one->was))
        continue;
      names = domuimg_undo_get_names (one);
      any = TRUE;
      /* A second time, as nothing can be put back any more. What a result has replaced is in the
       * journal, and no failure. */
      if (!names->remove (names, one->path) && !names->remove (names, one->path)
          && errno != ENOENT && domuimg_label_is_absent (one->is))
        return domuimg_set_errno (error, errno,
                                  "removing %s, which is %s now; domuimg cleanup tries it again",
                                  one->to, one->path);
    }
  /* Before the journal goes, which may be on another filesystem: a power loss would leave files that
   * nothing names. The results are safe without. */
  if (any)
    domuimg_undo_sync_directories (self->records, NULL);
  return TRUE;
}

gboolean
domuimg_undo_commit (DomuimgUndo *self, GError **error)
{
  gboolean ok = sync_results (self->records, error);

  ok = ok && write_commit (self, error) && finish_all (self, error);
  if (!ok)
    take_commit_back (self, error);
  end_leases (self);
  self->committed = ok;
  return ok && remove_old (self, error);
}
