/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What has become of a commit's results, and how they are put back. */
#include "config.h"
#include "lib/base/undo-settle.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/exchange.h"
#include "lib/base/label.h"
#include "lib/base/undo-verbs.h"

gboolean
domuimg_undo_is_result (const DomuimgJournalRecord *record)
{
  const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);

  return verb != NULL && verb->finish != NULL && record->to != NULL;
}

/* Whether its name is to be of nothing. */
static gboolean
withdraws (const DomuimgJournalRecord *record)
{
  return domuimg_undo_verb_find (record->verb)->sync == NULL;
}

typedef struct {
  char *at; /* label of the temporary name */
  char *to; /* label of the final name */
} Now;

static void
now_clear (Now *self)
{
  g_free (self->at);
  g_free (self->to);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Now, now_clear)

static gboolean
look_at_both (const DomuimgJournalRecord *record, Now *now, char **why)
{
  const DomuimgNames *names = domuimg_undo_get_names (record);
  g_autoptr (GError) error = NULL;

  names->settle (names, record->path, record->to);
  now->at = names->label (names, record->path, &error);
  if (now->at != NULL)
    now->to = names->label (names, record->to, &error);
  if (error != NULL)
    *why = g_strdup (error->message);
  return error == NULL;
}

/* A journal of before there were labels says only whether something might be replaced. */
static void
complete_labels (DomuimgJournalRecord *record, const Now *now)
{
  if (record->is == NULL)
    record->is = g_strdup (now->at);
  if (record->was == NULL && (!record->replace || domuimg_label_is_absent (now->to)))
    record->was = g_strdup (DOMUIMG_LABEL_ABSENT);
  else if (record->was == NULL)
    record->was = g_strdup ("");
}

static gboolean
is_busy (const DomuimgJournalRecord *record)
{
  const DomuimgNames *names = domuimg_undo_get_names (record);

  return names->is_busy (names, record->to);
}

static DomuimgResultState
conflict (const DomuimgJournalRecord *record, const char *reason, char **why)
{
  *why = g_strdup_printf ("%s %s", record->to, reason);
  return DOMUIMG_RESULT_CONFLICT;
}

/* One of which nothing was done. */
static DomuimgResultState
look_at_pending (const DomuimgJournalRecord *record, const Now *now, char **why)
{
  if (withdraws (record) ? domuimg_label_is_absent (now->to)
                         : !domuimg_label_is_same_file (now->at, record->is))
    return DOMUIMG_RESULT_GONE;
  if (!g_str_equal (now->to, record->was))
    return conflict (record, "was changed since", why);
  if (!domuimg_label_is_absent (now->to) && is_busy (record))
    return conflict (record, "is in use", why);
  return DOMUIMG_RESULT_PENDING;
}

static DomuimgResultState
judge (const DomuimgJournalRecord *record, const Now *now, char **why)
{
  if (domuimg_label_is_same_file (now->to, record->is))
    return DOMUIMG_RESULT_DONE;
  if (domuimg_label_is_same_file (now->at, record->was))
    return domuimg_label_is_absent (now->to) && withdraws (record) ? DOMUIMG_RESULT_DONE
                                                                   : DOMUIMG_RESULT_GONE;
  return look_at_pending (record, now, why);
}

DomuimgResultState
domuimg_undo_look (DomuimgJournalRecord *record, char **why)
{
  g_auto (Now) now = { NULL, NULL };

  if (!domuimg_undo_is_result (record))
    return DOMUIMG_RESULT_GONE;
  if (!look_at_both (record, &now, why))
    return DOMUIMG_RESULT_UNKNOWN;
  complete_labels (record, &now);
  return judge (record, &now, why);
}

/* Whether it was done, and nothing stands against putting it back. Of what cannot be looked at,
 * nothing is touched. */
static gboolean
can_be_put_back (DomuimgJournalRecord *record, gboolean just_done, gboolean *done, char **why)
{
  g_auto (Now) now = { NULL, NULL };

  *done = TRUE;
  if (!look_at_both (record, &now, why))
    return FALSE;
  complete_labels (record, &now);
  *done = domuimg_label_is_same_file (now.to, record->is)
          || (domuimg_label_is_absent (now.to)
              && domuimg_label_is_same_file (now.at, record->was));
  if (!*done || domuimg_label_is_absent (now.to))
    return TRUE;
  if (!g_str_equal (now.to, record->is))
    conflict (record, "was changed since", why);
  else if (!just_done && is_busy (record))
    conflict (record, "is in use", why);
  return *why == NULL;
}

static gboolean
put_back_one (const DomuimgJournalRecord *record)
{
  const DomuimgNames *names = domuimg_undo_get_names (record);
  g_autofree char *label = NULL;

  if (domuimg_label_is_absent (record->was))
    return names->rename_new (names, record->to, record->path);
  label = names->label (names, record->to, NULL);
  if (label == NULL || domuimg_label_is_absent (label))
    return names->rename_new (names, record->path, record->to);
  return names->exchange (names, record->path, record->to);
}

/* All that are to be put back, in the order of the records; NULL where one cannot be. None of what
 * is then left as it is may be removed as unfinished. */
static GPtrArray *
find_done (const GPtrArray *records, gboolean just_done, char **why)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  gboolean all = TRUE;

  for (guint i = 0; i < records->len; i++)
    {
      DomuimgJournalRecord *record = g_ptr_array_index (records, i);
      g_autofree char *why_not = NULL;
      gboolean done;

      if (!domuimg_undo_is_result (record))
        continue;
      if (!can_be_put_back (record, just_done, &done, &why_not))
        all = FALSE;
      if (*why == NULL)
        *why = g_steal_pointer (&why_not);
      if (done)
        g_ptr_array_add (found, record);
      record->holds = done;
    }
  return all ? g_steal_pointer (&found) : NULL;
}

gboolean
domuimg_undo_put_back (const GPtrArray *records, GPtrArray *lines, char **why)
{
  g_autoptr (GPtrArray) found = NULL;

  *why = NULL;
  found = find_done (records, lines == NULL, why);
  for (guint i = found != NULL ? found->len : 0; i > 0; i--)
    {
      DomuimgJournalRecord *record = g_ptr_array_index (found, i - 1);

      if (!put_back_one (record))
        {
          *why = g_strdup_printf ("%s cannot be put back: %s", record->to, g_strerror (errno));
          return FALSE;
        }
      record->holds = FALSE;
      if (lines != NULL)
        g_ptr_array_add (lines, g_strdup_printf ("put back %s", record->to));
    }
  return found != NULL;
}

static void
add_directory (GHashTable *directories, const char *path)
{
  g_hash_table_add (directories, g_path_get_dirname (path));
}

gboolean
domuimg_undo_sync_directories (const GPtrArray *records, GError **error)
{
  g_autoptr (GHashTable) directories
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GHashTableIter iter;
  gpointer directory;

  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *record = g_ptr_array_index (records, i);

      if (domuimg_undo_is_result (record) && domuimg_undo_get_names (record)->are_files)
        add_directory (directories, record->to);
      else if (g_str_equal (record->verb, "rmdir") && record->path != NULL)
        add_directory (directories, record->path);
    }
  g_hash_table_iter_init (&iter, directories);
  while (g_hash_table_iter_next (&iter, &directory, NULL))
    {
      g_autoptr (GError) local = NULL;

      if (domuimg_sync_directory (directory, &local)
          || g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        continue;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

/* Whether another record says that what is at its path could not be put back. */
static gboolean
is_held (const GPtrArray *records, const DomuimgJournalRecord *record)
{
  for (guint i = 0; i < records->len; i++)
    {
      const DomuimgJournalRecord *other = g_ptr_array_index (records, i);

      if (other->holds && g_strcmp0 (other->path, record->path) == 0)
        return TRUE;
    }
  return FALSE;
}

/* A device may have two records. */
static void G_GNUC_PRINTF (2, 3)
add_line (GPtrArray *lines, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list args;

  if (lines == NULL)
    return;
  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  if (!g_ptr_array_find_with_equal_func (lines, line, g_str_equal, NULL))
    g_ptr_array_add (lines, g_steal_pointer (&line));
}

static gboolean
says_gone (int saved_errno)
{
  return saved_errno == ENOENT || saved_errno == ENOTDIR;
}

static gboolean
is_gone (const DomuimgJournalRecord *record)
{
  struct stat status;

  return lstat (record->path, &status) != 0 && says_gone (errno);
}

static gboolean
remove_one (const DomuimgJournalRecord *record, const DomuimgUndoVerb *verb, GPtrArray *lines)
{
  if (verb->remove (record))
    {
      add_line (lines, "%s %s", verb->acted != NULL ? verb->acted : "removed", record->path);
      return TRUE;
    }
  if (says_gone (errno) || (!verb->is_asked && is_gone (record)) || verb->may_stay)
    return TRUE;
  add_line (lines, "%s is still in use, or cannot be removed; run this again soon", record->path);
  return FALSE;
}

/* Newest first: what lies in a directory goes before the directory. */
gboolean
domuimg_undo_remove_all (const GPtrArray *records, gboolean committed, GPtrArray *lines)
{
  DomuimgUndoCase now = committed ? DOMUIMG_UNDO_COMMITTED : DOMUIMG_UNDO_ABANDONED;
  gboolean all = TRUE;

  for (guint i = records->len; i > 0; i--)
    {
      const DomuimgJournalRecord *record = g_ptr_array_index (records, i - 1);
      const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);

      /* The journal stays until a version finishes it that knows how. */
      if (verb == NULL)
        {
          all = FALSE;
          add_line (lines, "%s: this version of domuimg does not know how to finish it (%s)",
                    record->path != NULL ? record->path : "a record", record->verb);
        }
      else if (is_held (records, record))
        all = FALSE;
      else if ((verb->goes & now) != 0 && record->path != NULL
               && !remove_one (record, verb, lines))
        all = FALSE;
    }
  return all;
}
