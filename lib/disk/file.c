/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/disk/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

gboolean
domuimg_raw_create (const char *path, guint64 size, GError **error)
{
  int fd = open (path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  gboolean ok;

  if (fd < 0)
    return domuimg_set_errno (error, errno, "making %s", path);
  ok = ftruncate (fd, size) == 0
       || domuimg_set_errno (error, errno, "giving %s a size of %" G_GUINT64_FORMAT " bytes",
                             path, size);
  close (fd);
  return ok;
}
