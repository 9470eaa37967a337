/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removes a directory and all that is in it. */
#include "config.h"
#include "lib/base/remove.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

static int
remove_one (const char *path, const struct stat *status, int type, struct FTW *walk)
{
  /* What cannot be removed must not keep the rest. */
  if (remove (path) != 0)
    return 0;
  return 0;
}

gboolean
domuimg_remove_tree (const char *path)
{
  struct stat status;

  if (lstat (path, &status) != 0)
    return FALSE;
  /* An empty one goes without a descriptor, of which there may be none left. */
  if (rmdir (path) == 0)
    return TRUE;
  nftw (path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  return lstat (path, &status) != 0;
}
