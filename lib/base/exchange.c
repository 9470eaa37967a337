/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Renames that replace nothing, or exchange two files. */
#include "config.h"
#include "lib/base/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* Some network filesystems know none of the flags. */
static gboolean
is_unknown (int saved_errno)
{
  return saved_errno == EINVAL || saved_errno == ENOSYS || saved_errno == EOPNOTSUPP;
}

static gboolean
is_absent (const char *path)
{
  struct stat status;

  return lstat (path, &status) != 0 && errno == ENOENT;
}

gboolean
domuimg_rename_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return TRUE;
  if (!is_unknown (errno))
    return FALSE;
  if (link (from, to) == 0)
    return unlink (from) == 0;
  if (errno == EEXIST || !is_absent (to))
    {
      errno = EEXIST;
      return FALSE;
    }
  return rename (from, to) == 0;
}

static char *
third_name (const char *a)
{
  return g_strconcat (a, ".old", NULL);
}

/* @b is never without a file where there are links. */
static gboolean
exchange_by_steps (const char *a, const char *b)
{
  g_autofree char *old = third_name (a);
  int saved_errno;

  if (link (b, old) != 0 && rename (b, old) != 0)
    return FALSE;
  if (rename (a, b) == 0 && rename (old, a) == 0)
    return TRUE;
  saved_errno = errno;
  domuimg_exchange_settle (a, b);
  errno = saved_errno;
  return FALSE;
}

gboolean
domuimg_exchange (const char *a, const char *b)
{
  if (renameat2 (AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
    return TRUE;
  return is_unknown (errno) && exchange_by_steps (a, b);
}

static gboolean
is_same_file (const char *a, const char *b)
{
  struct stat one, other;

  return lstat (a, &one) == 0 && lstat (b, &other) == 0 && one.st_dev == other.st_dev
         && one.st_ino == other.st_ino;
}

void
domuimg_exchange_settle (const char *a, const char *b)
{
  g_autofree char *old = third_name (a);

  if (is_absent (old))
    return;
  if (is_absent (b))
    rename (old, b);
  else if (is_absent (a))
    rename (old, a);
  else if (is_same_file (old, b))
    unlink (old);
}

gboolean
domuimg_sync_directory (const char *path, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  /* Some filesystems have nothing to write out for one. */
  if (fd >= 0 && (fsync (fd) == 0 || errno == EINVAL))
    return TRUE;
  return domuimg_set_errno (error, errno, "writing out the directory %s", path);
}
