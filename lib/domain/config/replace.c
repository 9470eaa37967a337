/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* A file in place of another, or of none: whole or not at all. */

/* Owner and mode are those of the file that it takes the place of, but for @mode where that is
 * not 0. */
static gboolean
set_access (int fd, const struct stat *old, mode_t mode)
{
  if (old == NULL)
    return TRUE;
  if ((old->st_uid != geteuid () || old->st_gid != getegid ())
      && fchown (fd, old->st_uid, old->st_gid) != 0)
    return FALSE;
  return fchmod (fd, mode != 0 ? mode : old->st_mode & 07777) == 0;
}

static gboolean
write_temporary (int fd, const char *text, const struct stat *old, mode_t mode)
{
  return set_access (fd, old, mode) && domuimg_write_all (fd, text, strlen (text))
         && fsync (fd) == 0;
}

/* Without @replace, link() takes care that nothing is replaced. */
static gboolean
give_name (const char *temporary, const char *path, gboolean replace, GError **error)
{
  if ((replace ? rename (temporary, path) : link (temporary, path)) == 0)
    return TRUE;
  if (errno == EEXIST)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s is there already", path);
  return domuimg_set_errno (error, errno, "%s cannot be written", path);
}

gboolean
domuimg_config_replace (const char *path, const char *text, mode_t mode, gboolean replace,
                        GError **error)
{
  g_autofree char *real = realpath (path, NULL);
  const char *final = replace && real != NULL ? real : path;
  g_autofree char *temporary = g_strdup_printf ("%s.%08x", final, g_random_int ());
  g_auto (DomuimgFd) fd = -1;
  struct stat old;
  gboolean there = stat (final, &old) == 0, done;

  if (there && !replace)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s is there already", path);
  if (there && !S_ISREG (old.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is not a file", path);
  fd = open (temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
             mode != 0 ? mode
             : there   ? 0600
                       : 0666);
  if (fd < 0)
    return domuimg_set_errno (error, errno, "%s cannot be written", path);
  if (!write_temporary (fd, text, there ? &old : NULL, mode))
    {
      domuimg_set_errno (error, errno, "%s cannot be written", path);
      unlink (temporary);
      return FALSE;
    }
  done = give_name (temporary, final, replace, error);
  if (!done || !replace)
    unlink (temporary);
  return done;
}
