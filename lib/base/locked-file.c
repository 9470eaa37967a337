/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that are locked as long as they are open, and are still there. */
#include "config.h"
#include "lib/base/locked-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* Who had it before may have removed it, or given it another name. */
static gboolean
is_still (int fd, const char *path)
{
  struct stat own, named;

  return fstat (fd, &own) == 0 && lstat (path, &named) == 0 && own.st_ino == named.st_ino
         && own.st_dev == named.st_dev;
}

static int
open_locked (const char *path, int flags, int lock)
{
  g_auto (DomuimgFd) fd = open (path, flags | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  int result;

  if (fd < 0)
    return -1;
  if (flock (fd, lock | LOCK_NB) != 0)
    {
      /* What was made just now is nobody's. */
      if ((flags & O_EXCL) != 0 && errno != EWOULDBLOCK)
        unlink (path);
      return -1;
    }
  if (!is_still (fd, path))
    {
      errno = ESTALE;
      return -1;
    }
  result = fd;
  fd = -1;
  return result;
}

int
domuimg_locked_file_open (const char *path, int flags)
{
  return open_locked (path, flags, LOCK_EX);
}

int
domuimg_locked_file_share (const char *path, int flags)
{
  return open_locked (path, flags, LOCK_SH);
}

gboolean
domuimg_locked_file_is_last (int fd)
{
  return flock (fd, LOCK_EX | LOCK_NB) == 0;
}
