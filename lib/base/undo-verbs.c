/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of journals, each with how it is taken back and finished. */
#include "config.h"
#include "lib/base/undo-verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/mount.h"
#include "lib/base/remove.h"

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

/* What mmdebstrap unpacked without root belongs to users of a namespace, and only such a
 * namespace's root can remove it; mmdebstrap can make one. */
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
  exec = domuimg_exec_new ("mmdebstrap");
  domuimg_exec_arg (exec, "--unshare-helper");
  domuimg_exec_arg (exec, "rm");
  domuimg_exec_arg (exec, "-rf");
  domuimg_exec_arg (exec, "--one-file-system");
  domuimg_exec_arg (exec, path);
  domuimg_exec_run (exec, NULL, NULL);
  return domuimg_remove_tree (path);
}

static gboolean
sync_file (const DomuimgJournalRecord *record, GError **error)
{
  int fd = open (record->path, O_RDONLY | O_CLOEXEC);
  gboolean ok;

  if (fd < 0)
    return TRUE;
  ok = fsync (fd) == 0 || domuimg_set_errno (error, errno, "writing out %s", record->to);
  close (fd);
  return ok;
}

static gboolean
give_name (const DomuimgJournalRecord *record, gboolean *done, GError **error)
{
  int flags = record->replace ? 0 : RENAME_NOREPLACE;

  if (access (record->path, F_OK) != 0)
    return TRUE;
  *done = renameat2 (AT_FDCWD, record->path, AT_FDCWD, record->to, flags) == 0;
  /* Some network filesystems do not know the flag. */
  if (!*done && errno == EINVAL && !record->replace && link (record->path, record->to) == 0)
    *done = unlink (record->path) == 0;
  return *done || domuimg_set_errno (error, errno, "giving %s its name", record->to);
}

static void
take_name_back (const DomuimgJournalRecord *record)
{
  if (!record->replace)
    g_rename (record->to, record->path);
}

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
  /* A file that was to be deleted; it stays unless all of the transaction is done. */
  { .name = "delete", .goes = DOMUIMG_UNDO_COMMITTED, .remove = remove_file },
  { .name = "rename", .sync = sync_file, .finish = give_name, .take_back = take_name_back },
  /* Tells that everything was whole. */
  { .name = "commit" },
};

const DomuimgUndoVerb *
domuimg_undo_verb_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, name))
      return &verbs[i];
  return NULL;
}
