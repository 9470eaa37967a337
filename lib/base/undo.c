/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transaction: what it holds, and its records. */
#include "config.h"
#include "lib/base/undo-private.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/compare.h"
#include "lib/base/lock.h"
#include "lib/base/path.h"
#include "lib/base/undo-settle.h"
#include "lib/base/undo-verbs.h"

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
  self->locks = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_lock_free);
  self->leases = g_array_new (FALSE, FALSE, sizeof (int));
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

static gboolean
is_locked (DomuimgUndo *self, const char *key)
{
  for (guint i = 0; i < self->locks->len; i++)
    if (g_str_equal (domuimg_lock_get_key (g_ptr_array_index (self->locks, i)), key))
      return TRUE;
  return FALSE;
}

/* In one order, so that no two wait for each other. */
gboolean
domuimg_undo_lock (DomuimgUndo *self, const char *const *paths, GError **error)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; paths[i] != NULL; i++)
    g_ptr_array_add (keys, domuimg_lock_key (paths[i]));
  g_ptr_array_sort (keys, domuimg_compare_strings);
  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);
      DomuimgLock *lock;

      if (is_locked (self, key))
        continue;
      lock = domuimg_lock_take (key, error);
      if (lock == NULL)
        return FALSE;
      g_ptr_array_add (self->locks, lock);
    }
  return TRUE;
}

gboolean
domuimg_undo_share (DomuimgUndo *self, const char *path, GError **error)
{
  g_autofree char *key = domuimg_lock_key (path);
  DomuimgLock *lock;

  if (is_locked (self, key))
    return TRUE;
  lock = domuimg_lock_share (key, error);
  if (lock != NULL)
    g_ptr_array_add (self->locks, lock);
  return lock != NULL;
}

static gboolean
lock_one (DomuimgUndo *self, const char *path, GError **error)
{
  const char *const paths[] = { path, NULL };

  return domuimg_undo_lock (self, paths, error);
}

static char *
temporary_name (DomuimgUndo *self, const char *final)
{
  g_autofree char *directory = g_path_get_dirname (final);
  g_autofree char *name = g_path_get_basename (final);

  return g_strdup_printf ("%s/.%s.%s", directory, name, domuimg_journal_get_id (self->journal));
}

char *
domuimg_undo_add_result (DomuimgUndo *self, const char *path, gboolean replace, GError **error)
{
  g_autofree char *final = absolute (path);
  g_autofree char *temporary = temporary_name (self, final);
  struct stat status;

  if (!lock_one (self, final, error))
    return NULL;
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
domuimg_undo_add_temporary (DomuimgUndo *self, const char *path, GError **error)
{
  g_autofree char *final = absolute (path);
  g_autofree char *temporary = temporary_name (self, final);

  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);

      if (g_strcmp0 (one->path, temporary) != 0)
        continue;
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is given twice", path);
      return NULL;
    }
  if (!record (self, "remove", temporary, NULL, FALSE, error))
    return NULL;
  return g_steal_pointer (&temporary);
}

gboolean
domuimg_undo_add_device (DomuimgUndo *self, const char *path, const char *digest, GError **error)
{
  return record (self, "clear", path, digest, FALSE, error);
}

/* Beside the final name, as a file has it. */
static char *
temporary_volume (DomuimgUndo *self, const char *path)
{
  return g_strdup_printf ("%s.domuimg-%s", path, domuimg_journal_get_id (self->journal));
}

static gboolean
check_volume_is_free (const DomuimgVolumes *volumes, const char *path, GError **error)
{
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!volumes->look (path, &state, error))
    return FALSE;
  return state.id == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                          "%s exists already; remove it, choose another name, or use --force", path);
}

char *
domuimg_undo_add_volume (DomuimgUndo *self, const DomuimgVolumes *volumes, const char *path,
                         gboolean replace, GError **error)
{
  g_autofree char *temporary = temporary_volume (self, path);
  g_autofree char *mark = domuimg_undo_get_mark (self);

  if (!lock_one (self, path, error)
      || (!replace && !check_volume_is_free (volumes, path, error))
      || !record (self, volumes->remove_verb, temporary, mark, FALSE, error)
      || !record (self, volumes->rename_verb, temporary, path, replace, error))
    return NULL;
  return g_steal_pointer (&temporary);
}

char *
domuimg_undo_get_mark (DomuimgUndo *self)
{
  return g_strdup_printf ("domuimg-%s", domuimg_journal_get_id (self->journal));
}

gboolean
domuimg_undo_add_volume_removal (DomuimgUndo *self, const DomuimgVolumes *volumes,
                                 const char *path, const char *id, GError **error)
{
  g_autofree char *temporary = temporary_volume (self, path);

  if (!lock_one (self, path, error)
      || !record (self, volumes->withdraw_verb, temporary, path, FALSE, error))
    return FALSE;
  domuimg_undo_expect (self, path, id);
  return TRUE;
}

gboolean
domuimg_undo_add_pool_volume (DomuimgUndo *self, const char *verb, const char *address,
                              const char *id, GError **error)
{
  return record (self, verb, address, id, FALSE, error);
}

gboolean
domuimg_undo_add_definition (DomuimgUndo *self, const char *address, const char *uuid,
                             GError **error)
{
  return record (self, "undefine", address, uuid, FALSE, error);
}

gboolean
domuimg_undo_add_redefinition (DomuimgUndo *self, const char *address, const char *uuid,
                               const char *xml, gboolean autostart, GError **error)
{
  g_autofree char *what = g_strdup_printf ("%s %s", uuid, xml);

  return record (self, "redefine", address, what, autostart, error);
}

gboolean
domuimg_undo_add_lease (DomuimgUndo *self, const char *file, const char *token, GError **error)
{
  return record (self, "lease", file, token, FALSE, error);
}

gboolean
domuimg_undo_add_lease_end (DomuimgUndo *self, const char *file, const char *token, GError **error)
{
  return record (self, "unlease", file, token, FALSE, error);
}

void
domuimg_undo_drop_pool_volume (DomuimgUndo *self, const char *address)
{
  for (guint i = self->records->len; i > 0; i--)
    if (g_strcmp0 (((DomuimgJournalRecord *) g_ptr_array_index (self->records, i - 1))->path, address)
        == 0)
      g_ptr_array_remove_index (self->records, i - 1);
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
  struct stat status;

  /* What is there already, even if it cannot be looked at, is not ours to remove. */
  if (!domuimg_path_look (path, &status, error))
    return FALSE;
  if (status.st_mode != 0)
    return S_ISDIR (status.st_mode) || domuimg_set_errno (error, ENOTDIR, "making files in %s", path);
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
  g_autofree char *temporary = temporary_name (self, final);

  return lock_one (self, final, error)
         && record (self, "withdraw", temporary, final, FALSE, error);
}

/* The record in the journal stays: it is of nothing, and a commit is not waited for. */
void
domuimg_undo_drop_result (DomuimgUndo *self, const char *temporary)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);

      if (one->to == NULL || !g_str_equal (one->path, temporary))
        continue;
      g_ptr_array_remove_index (self->records, i);
      return;
    }
}

static gboolean
remove_temporary (DomuimgUndo *self, const char *temporary, GError **error)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);
      const DomuimgUndoVerb *verb = domuimg_undo_verb_find (one->verb);

      if (g_str_equal (one->path, temporary) && !domuimg_undo_is_result (one) && verb->remove != NULL
          && !verb->remove (one) && errno != ENOENT)
        return domuimg_set_errno (error, errno, "removing %s", temporary);
    }
  return TRUE;
}

/* Its record in the journal is of nothing then. */
gboolean
domuimg_undo_spare (DomuimgUndo *self, const char *path, GError **error)
{
  for (guint i = 0; i < self->records->len; i++)
    {
      const DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);

      if (!domuimg_undo_is_result (one) || !g_str_equal (one->to, path))
        continue;
      if (!remove_temporary (self, one->path, error))
        return FALSE;
      g_ptr_array_remove_index (self->records, i);
      return TRUE;
    }
  return TRUE;
}

void
domuimg_undo_expect (DomuimgUndo *self, const char *path, const char *label)
{
  g_autofree char *final = absolute (path);

  for (guint i = 0; i < self->records->len; i++)
    {
      DomuimgJournalRecord *one = g_ptr_array_index (self->records, i);

      if (g_strcmp0 (one->to, final) != 0)
        continue;
      g_free (one->wanted);
      one->wanted = g_strdup (label);
    }
}

void
domuimg_undo_free (DomuimgUndo *self)
{
  domuimg_journal_close (self->journal,
                         domuimg_undo_remove_all (self->records, self->committed, NULL));
  g_ptr_array_unref (self->records);
  g_ptr_array_unref (self->locks);
  g_array_unref (self->leases);
  g_free (self);
}
