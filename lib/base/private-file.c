/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the files that hold what is in a guest. */
#include "config.h"
#include "lib/base/private-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int
domuimg_private_file_make (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    {
      domuimg_set_errno (error, errno, "making %s", path);
      return -1;
    }
  /* A umask may take rights from the owner, too. */
  if (fchmod (fd, 0600) == 0)
    return fd;
  domuimg_set_errno (error, errno, "making %s", path);
  close (fd);
  unlink (path);
  return -1;
}
