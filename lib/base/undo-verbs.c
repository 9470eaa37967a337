/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of journals, each with how it is taken back and finished. */
#include "config.h"
#include "lib/base/undo-verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/block.h"
#include "lib/base/definition.h"
#include "lib/base/exec.h"
#include "lib/base/fd.h"
#include "lib/base/label.h"
#include "lib/base/mount.h"
#include "lib/base/namespace.h"
#include "lib/base/pool.h"
#include "lib/base/remove.h"
#include "lib/base/undo.h"
#include "lib/base/volumes.h"

static gboolean
remove_file (const DomuimgJournalRecord *record)
{
  return unlink (record->path) == 0;
}

static gboolean
remove_directory (const DomuimgJournalRecord *record)
{
  return rmdir (record->path) == 0;
}

static gboolean
clear_device (const DomuimgJournalRecord *record)
{
  if (record->to != NULL)
    return domuimg_block_take_back (record->path, record->to);
  errno = ENOENT;
  return FALSE;
}

/* What was unpacked without root belongs to users of a namespace, and only such a namespace's root
 * can remove it. */
static gboolean
remove_tree (const DomuimgJournalRecord *record)
{
  const char *path = record->path;
  g_autoptr (DomuimgExec) exec = NULL;

  if (access (path, F_OK) != 0)
    return FALSE;
  if (domuimg_remove_tree (path))
    return TRUE;
  /* A disk that was shown when everything was killed; see image/export.c. */
  domuimg_unmount_below (path);
  if (domuimg_remove_tree (path))
    return TRUE;
  exec = domuimg_namespace_exec_new ();
  domuimg_exec_arg (exec, "rm");
  domuimg_exec_arg (exec, "-rf");
  domuimg_exec_arg (exec, "--one-file-system");
  domuimg_exec_arg (exec, path);
  domuimg_exec_run (exec, NULL, NULL);
  if (domuimg_remove_tree (path))
    return TRUE;
  errno = EBUSY;
  return FALSE;
}

static gboolean
is_link (const char *path)
{
  struct stat status;

  return lstat (path, &status) == 0 && S_ISLNK (status.st_mode);
}

/* What a symbolic link says is in its directory, which is written out with the names. */
static gboolean
sync_file (const DomuimgJournalRecord *record, GError **error)
{
  int fd = open (record->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  gboolean ok;

  if (fd < 0 && errno == ELOOP && is_link (record->path))
    return TRUE;
  if (fd < 0)
    return domuimg_set_errno (error, errno, "writing out %s, which is %s until it is whole",
                              record->to, record->path);
  ok = fsync (fd) == 0 || domuimg_set_errno (error, errno, "writing out %s", record->to);
  close (fd);
  return ok;
}

static gboolean
changed (const DomuimgJournalRecord *record, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                       "%s was changed by somebody else in the moment of its replacement; it is as"
                       " they left it",
                       record->to);
}

/* Whether what is now at @record's temporary name is what was to be replaced. */
static gboolean
took_the_right_one (const DomuimgJournalRecord *record, GError **error)
{
  const DomuimgNames *names = domuimg_undo_get_names (record);
  g_autofree char *label = names->label (names, record->path, error);

  return label != NULL && (g_str_equal (label, record->was) || changed (record, error));
}

static gboolean
give_name (const DomuimgJournalRecord *record, GError **error)
{
  const DomuimgNames *names = domuimg_undo_get_names (record);

  if (domuimg_label_is_absent (record->was))
    return names->rename_new (names, record->path, record->to)
           || domuimg_set_errno (error, errno, "giving %s its name", record->to);
  if (!names->exchange (names, record->path, record->to))
    return domuimg_set_errno (error, errno, "replacing %s", record->to);
  if (took_the_right_one (record, error))
    return TRUE;
  names->exchange (names, record->path, record->to);
  return FALSE;
}

static gboolean
take_name (const DomuimgJournalRecord *record, GError **error)
{
  const DomuimgNames *names = domuimg_undo_get_names (record);

  if (domuimg_label_is_absent (record->was))
    return TRUE;
  if (!names->rename_new (names, record->to, record->path))
    return domuimg_set_errno (error, errno, "removing %s", record->to);
  if (took_the_right_one (record, error))
    return TRUE;
  names->rename_new (names, record->path, record->to);
  return FALSE;
}

/* The names of volumes are those of what else is known of them. */
static const DomuimgVolumes *
volumes_of (const DomuimgJournalRecord *record)
{
  return (const DomuimgVolumes *) domuimg_undo_get_names (record);
}

static gboolean
remove_marked (const DomuimgJournalRecord *record)
{
  if (record->to != NULL)
    return domuimg_volumes_remove_marked (volumes_of (record), record->path, record->to);
  errno = ENOENT;
  return FALSE;
}

/* What had the final name has the temporary one after the commit, and is known by its label. */
static gboolean
remove_replaced (const DomuimgJournalRecord *record)
{
  if (record->was != NULL && !domuimg_label_is_absent (record->was))
    return domuimg_volumes_remove_known (volumes_of (record), record->path, record->was);
  errno = ENOENT;
  return FALSE;
}

static gboolean
sync_volume (const DomuimgJournalRecord *record, GError **error)
{
  g_auto (DomuimgFd) fd = open (record->path, O_RDONLY | O_CLOEXEC);

  return (fd >= 0 && fsync (fd) == 0)
         || domuimg_set_errno (error, errno, "writing out %s", record->to);
}

static gboolean
says_deleted (gboolean ok, gboolean deleted)
{
  errno = ok ? ENOENT : EIO;
  return ok && deleted;
}

static gboolean
remove_pool_volume (const DomuimgJournalRecord *record)
{
  gboolean deleted = FALSE;
  gboolean ok = record->to != NULL
                && domuimg_pool_delete (record->path, record->to, &deleted, NULL);

  return says_deleted (ok, deleted);
}

static gboolean
remove_empty_pool_volume (const DomuimgJournalRecord *record)
{
  guint64 capacity = record->to != NULL ? g_ascii_strtoull (record->to, NULL, 10) : 0;
  gboolean deleted = FALSE;
  gboolean ok = domuimg_pool_delete_empty (record->path, capacity, &deleted, NULL);

  return says_deleted (ok, deleted);
}

static gboolean
remove_definition (const DomuimgJournalRecord *record)
{
  gboolean removed = FALSE;
  gboolean ok = record->to != NULL
                && domuimg_definition_remove (record->path, record->to, &removed, NULL);

  return says_deleted (ok, removed);
}

static gboolean
is_definition_there (const DomuimgJournalRecord *record)
{
  return record->to == NULL || !domuimg_definition_check (record->path, record->to, FALSE, NULL);
}

static gboolean
is_pool_volume_there (const DomuimgJournalRecord *record)
{
  g_auto (DomuimgPoolState) state = { 0 };

  return !domuimg_pool_look (record->path, &state, NULL) || state.id != NULL;
}

/* A volume under its temporary name, if it has the mark; then what "rename" and "withdraw" are for
 * files. */
#define VOLUME_VERBS(prefix, volumes)                                                              \
  { .name = prefix "remove",                                                                       \
    .goes = DOMUIMG_UNDO_ABANDONED | DOMUIMG_UNDO_COMMITTED,                                       \
    .remove = remove_marked,                                                                       \
    .names = &volumes.names,                                                                       \
    .is_asked = TRUE },                                                                            \
  { .name = prefix "rename",                                                                       \
    .goes = DOMUIMG_UNDO_COMMITTED,                                                                \
    .remove = remove_replaced,                                                                     \
    .sync = sync_volume,                                                                           \
    .finish = give_name,                                                                           \
    .names = &volumes.names,                                                                       \
    .is_asked = TRUE },                                                                            \
  { .name = prefix "withdraw",                                                                     \
    .goes = DOMUIMG_UNDO_COMMITTED,                                                                \
    .remove = remove_replaced,                                                                     \
    .finish = take_name,                                                                           \
    .names = &volumes.names,                                                                       \
    .is_asked = TRUE }

static const DomuimgUndoVerb verbs[] = {
  /* A file under its temporary name; once it has its final one there is nothing left of it. */
  { .name = "remove",
    .goes = DOMUIMG_UNDO_ABANDONED | DOMUIMG_UNDO_COMMITTED,
    .remove = remove_file },
  /* A directory for intermediate files. */
  { .name = "remove-tree",
    .goes = DOMUIMG_UNDO_ABANDONED | DOMUIMG_UNDO_COMMITTED,
    .remove = remove_tree },
  /* A directory that was made for results; others may have put something into it since. */
  { .name = "rmdir", .goes = DOMUIMG_UNDO_ABANDONED, .remove = remove_directory, .may_stay = TRUE },
  /* A file that was to be deleted, of journals before there was "withdraw". */
  { .name = "delete", .goes = DOMUIMG_UNDO_COMMITTED, .remove = remove_file },
  { .name = "rename", .sync = sync_file, .finish = give_name, .names = &domuimg_file_names },
  /* A file that is to be deleted: it gets a temporary name, by which it goes when all have theirs. */
  { .name = "withdraw",
    .goes = DOMUIMG_UNDO_COMMITTED,
    .remove = remove_file,
    .finish = take_name,
    .names = &domuimg_file_names },
  VOLUME_VERBS ("lv", domuimg_volumes_lvm),
  VOLUME_VERBS ("zvol", domuimg_volumes_zfs),
  /* A volume of libvirt's has one name only: one that is about to be made, known by its size as long as
   * it is empty; one that was made, by its ID; and one that is to be deleted. */
  { .name = DOMUIMG_UNDO_POOL_EMPTY,
    .goes = DOMUIMG_UNDO_ABANDONED,
    .remove = remove_empty_pool_volume,
    .is_there = is_pool_volume_there,
    .is_asked = TRUE },
  { .name = DOMUIMG_UNDO_POOL_MADE,
    .goes = DOMUIMG_UNDO_ABANDONED,
    .remove = remove_pool_volume,
    .is_there = is_pool_volume_there,
    .is_asked = TRUE },
  { .name = DOMUIMG_UNDO_POOL_REMOVAL,
    .goes = DOMUIMG_UNDO_COMMITTED,
    .remove = remove_pool_volume,
    .is_there = is_pool_volume_there,
    .is_asked = TRUE },
  /* A guest that libvirt was given. */
  { .name = "undefine",
    .goes = DOMUIMG_UNDO_ABANDONED,
    .remove = remove_definition,
    .is_there = is_definition_there,
    .is_asked = TRUE },
  /* A block device whose old content is gone: nothing that is not whole may be found on it. */
  { .name = "clear",
    .goes = DOMUIMG_UNDO_ABANDONED,
    .remove = clear_device,
    .act = "clear of an unfinished build",
    .acted = "cleared of an unfinished build, its old content gone:" },
  /* Tells that everything was whole. */
  { .name = "commit" },
  /* In its place: tells that it was taken back. */
  { .name = "undone" },
};

const DomuimgUndoVerb *
domuimg_undo_verb_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, name))
      return &verbs[i];
  return NULL;
}

gboolean
domuimg_undo_is_there (const DomuimgJournalRecord *record)
{
  const DomuimgUndoVerb *verb = domuimg_undo_verb_find (record->verb);
  struct stat status;

  if (record->path == NULL)
    return FALSE;
  if (verb != NULL && verb->is_there != NULL)
    return verb->is_there (record);
  return lstat (record->path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

const DomuimgNames *
domuimg_undo_get_names (const DomuimgJournalRecord *record)
{
  return domuimg_undo_verb_find (record->verb)->names;
}
