/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who writes to a file is told by leases, which the kernel gives on files that nobody writes to. */
#include "config.h"
#include "lib/base/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "lib/base/fd.h"

/* A read lease is not given on a file that is open for writing, by a loop device or by the kernel
 * of a backend, too. */
static DomuimgLeaseState
lease (int fd)
{
  /* Whoever opens the file makes the kernel send this signal: SIGIO would end us, this one does
   * nothing. */
  fcntl (fd, F_SETSIG, SIGURG);
  if (fcntl (fd, F_SETLEASE, F_RDLCK) == 0)
    return DOMUIMG_LEASE_HELD;
  return errno == EAGAIN ? DOMUIMG_LEASE_BUSY : DOMUIMG_LEASE_UNKNOWN;
}

DomuimgLeaseState
domuimg_lease_take (const char *path, int *fd)
{
  DomuimgLeaseState state;

  *fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (*fd < 0)
    return DOMUIMG_LEASE_UNKNOWN;
  state = lease (*fd);
  if (state != DOMUIMG_LEASE_HELD)
    domuimg_fd_clear (fd);
  return state;
}

gboolean
domuimg_lease_is_whole (int fd)
{
  return fcntl (fd, F_GETLEASE) == F_RDLCK;
}

/* By hand: a child that is about to start a program may have the descriptor, too. */
void
domuimg_lease_end (int fd)
{
  fcntl (fd, F_SETLEASE, F_UNLCK);
  domuimg_fd_clear (&fd);
}

gboolean
domuimg_file_is_busy (const char *path)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  DomuimgLeaseState state;

  if (fd < 0 || fstat (fd, &status) != 0)
    return FALSE;
  if (S_ISBLK (status.st_mode))
    {
      g_auto (DomuimgFd) exclusive = open (path, O_RDONLY | O_EXCL | O_CLOEXEC);

      return exclusive < 0 && errno == EBUSY;
    }
  state = lease (fd);
  if (state == DOMUIMG_LEASE_HELD)
    fcntl (fd, F_SETLEASE, F_UNLCK);
  return state == DOMUIMG_LEASE_BUSY;
}
