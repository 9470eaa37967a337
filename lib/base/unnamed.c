/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Temporary files without a name. */
#include "config.h"
#include "lib/base/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* Some network filesystems know no other way. */
static int
make_and_unlink (const char *directory)
{
  g_autofree char *name = g_build_filename (directory, "domuimg.XXXXXX", NULL);
  int fd = g_mkstemp_full (name, O_RDWR | O_CLOEXEC, 0600);

  if (fd >= 0)
    g_unlink (name);
  return fd;
}

int
domuimg_unnamed_file (const char *directory, GError **error)
{
  const char *where = directory != NULL ? directory : g_get_tmp_dir ();
  int fd = open (where, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
    fd = make_and_unlink (where);
  if (fd < 0)
    domuimg_set_errno (error, errno, "making a temporary file in %s", where);
  return fd;
}

int
domuimg_memory_file (const char *name, guint64 size)
{
  g_auto (DomuimgFd) fd = memfd_create (name, MFD_CLOEXEC);

  return fd >= 0 && ftruncate (fd, (off_t) size) == 0 ? g_steal_fd (&fd) : -1;
}

int
domuimg_memory_file_of (const char *name, const void *data, gsize length)
{
  g_auto (DomuimgFd) fd = domuimg_memory_file (name, 0);

  return fd >= 0 && domuimg_write_all (fd, data, length) && lseek (fd, 0, SEEK_SET) == 0 ? g_steal_fd (&fd)
                                                                                       : -1;
}
