/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unmounts what is mounted at or below a path. */
#include "config.h"
#include "lib/base/mount.h"

#include <mntent.h>
#include <stdio.h>
#include <sys/mount.h>

#include "lib/base/exec.h"

gboolean
domuimg_unmount (const char *path, GError **error)
{
  g_autoptr (DomuimgExec) exec = NULL;

  if (umount2 (path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
    return TRUE;
  exec = domuimg_exec_new ("fusermount3");
  domuimg_exec_arg (exec, "-u");
  domuimg_exec_arg (exec, "-z");
  domuimg_exec_arg (exec, path);
  return domuimg_exec_run (exec, NULL, error);
}

void
domuimg_unmount_below (const char *directory)
{
  g_autofree char *start = g_strconcat (directory, "/", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  FILE *mounts = setmntent ("/proc/self/mounts", "re");
  char buffer[8192];
  struct mntent mount;

  if (mounts == NULL)
    return;
  while (getmntent_r (mounts, &mount, buffer, sizeof buffer) != NULL)
    if (g_str_has_prefix (mount.mnt_dir, start))
      g_ptr_array_add (paths, g_strdup (mount.mnt_dir));
  endmntent (mounts);
  /* What was mounted last may lie on what was mounted before. */
  for (guint i = paths->len; i > 0; i--)
    domuimg_unmount (g_ptr_array_index (paths, i - 1), NULL);
}
