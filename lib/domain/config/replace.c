/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config/file.h"

#include <errno.h>
#include <fcntl.h>
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
write_temporary (const char *temporary, const char *text, const struct stat *old, mode_t mode)
{
  mode_t first = mode != 0 ? mode : old != NULL ? 0600 : 0666;
  g_auto (DomuimgFd) fd
      = open (temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, first);

  return fd >= 0 && set_access (fd, old, mode) && domuimg_write_all (fd, text, strlen (text));
}

gboolean
domuimg_config_add_result (DomuimgUndo *undo, const char *path, const char *text,
                           const struct stat *like, GError **error)
{
  g_autofree char *temporary = domuimg_undo_add_result (undo, path, FALSE, error);

  if (temporary == NULL)
    return FALSE;
  return write_temporary (temporary, text, like, 0)
         || domuimg_set_errno (error, errno, "%s cannot be written", path);
}

gboolean
domuimg_config_replace_in (DomuimgUndo *undo, const char *path, const char *text,
                           const DomuimgConfigReplacing *how, GError **error)
{
  g_autofree char *real = realpath (path, NULL);
  const char *final = how->replace && real != NULL ? real : path;
  g_autofree char *temporary = NULL;
  struct stat old;
  gboolean there = stat (final, &old) == 0;

  if (!there && errno != ENOENT)
    return domuimg_set_errno (error, errno, "%s cannot be written", path);
  if (there && !how->replace)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "%s is there already; use --force, which replaces it",
                         path);
  if (there && !S_ISREG (old.st_mode))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is not a file", path);
  temporary = domuimg_undo_add_result (undo, final, how->replace, error);
  if (temporary == NULL)
    return FALSE;
  if (how->label != NULL)
    domuimg_undo_expect (undo, final, how->label);
  if (!write_temporary (temporary, text, there ? &old : NULL, how->mode))
    return domuimg_set_errno (error, errno, "%s cannot be written", path);
  return domuimg_undo_commit (undo, error);
}

gboolean
domuimg_config_replace (const char *path, const char *text, mode_t mode, gboolean replace,
                        GError **error)
{
  g_autoptr (DomuimgUndo) undo = domuimg_undo_new (error);
  const DomuimgConfigReplacing how = { .mode = mode, .replace = replace };

  return undo != NULL && domuimg_config_replace_in (undo, path, text, &how, error);
}
