/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches the large files of an install tree: resumed, verified and kept in the cache. */
#include "config.h"
#include "lib/source/install-fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/checksum.h"
#include "lib/base/copy-file.h"
#include "lib/base/fd.h"
#include "lib/base/locked-file.h"
#include "lib/base/private-file.h"
#include "lib/source/root-cache.h"

#define TRIES 4

typedef struct {
  DomuimgInstallFiles *files;
  const DomuimgInstallFetch *what;
  DomuimgProgress *progress;
  GCancellable *cancellable;
} Fetch;

/* The digest of all that @fd has, with its length. */
static GChecksum *
digest_of (const Fetch *self, int fd, guint64 *length, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (self->what->type);

  return domuimg_checksum_add_fd (checksum, fd, "what was fetched", length, self->cancellable, error)
             ? g_steal_pointer (&checksum)
             : NULL;
}

/* What has told its digest takes no more bytes; @checksum may be given some. */
static gboolean
is_right (const DomuimgInstallFetch *what, GChecksum *checksum)
{
  g_autoptr (GChecksum) copy = g_checksum_copy (checksum);

  return what->checksum == NULL
         || g_ascii_strcasecmp (g_checksum_get_string (copy), what->checksum) == 0;
}

static gboolean
fail_wrong (const Fetch *self, GChecksum *checksum, GError **error)
{
  g_autofree char *name = domuimg_install_files_name (self->files, self->what->path);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: its checksum is %s, and the tree says that it should be %s; the file is damaged,"
                       " or the tree is just being changed: try again later, or another mirror",
                       name, g_checksum_get_string (checksum), self->what->checksum);
}

/* One try to get what is missing of @fd; the digest of all of it. */
static GChecksum *
get_rest (const Fetch *self, int fd, GError **error)
{
  guint64 here;
  g_autoptr (GChecksum) checksum = digest_of (self, fd, &here, error);
  DomuimgInstallRead how = { self->what->max, self->progress, self->cancellable, checksum };

  if (checksum == NULL
      || (here > 0 && self->what->checksum != NULL && is_right (self->what, checksum)))
    return g_steal_pointer (&checksum);
  if (!domuimg_install_files_fetch (self->files, self->what->path, fd, &how, error))
    return NULL;
  return g_steal_pointer (&checksum);
}

static gboolean
begin_again (int fd, GError **error)
{
  return ftruncate (fd, 0) == 0
         || domuimg_set_errno (error, errno, "discarding what was fetched");
}

/* FALSE, and an error, where it is not worth another try. */
static gboolean
may_try_again (int fd, guint64 before, GError *problem, GError **error)
{
  struct stat status;

  if (g_error_matches (problem, DOMUIMG_ERROR, DOMUIMG_ERROR_NETWORK) && fstat (fd, &status) == 0
      && (guint64) status.st_size > before)
    return TRUE;
  g_propagate_error (error, g_error_copy (problem));
  return FALSE;
}

static gboolean
get_all (const Fetch *self, int fd, GError **error)
{
  for (guint i = 0;; i++)
    {
      g_autoptr (GError) local = NULL;
      g_autoptr (GChecksum) checksum = NULL;
      struct stat status;

      if (fstat (fd, &status) != 0)
        return domuimg_set_errno (error, errno, "fetching %s", self->what->path);
      checksum = get_rest (self, fd, &local);
      if (checksum != NULL && is_right (self->what, checksum))
        return TRUE;
      if (checksum != NULL)
        {
          /* The beginning, which was here already, may be of another version. */
          if (!begin_again (fd, error))
            return FALSE;
          if (status.st_size == 0 || i + 1 >= TRIES)
            return fail_wrong (self, checksum, error);
          continue;
        }
      if (i + 1 >= TRIES)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      if (!may_try_again (fd, (guint64) status.st_size, local, error))
        return FALSE;
    }
}

static gboolean
get_directly (const Fetch *self, GError **error)
{
  g_auto (DomuimgFd) fd = domuimg_private_file_make (self->what->to, error);

  return fd >= 0 && get_all (self, fd, error);
}

/* A file of the cache that somebody has damaged is fetched again; one that cannot be read is an error. */
static gboolean
is_kept (const Fetch *self, const char *kept, gboolean *is_there, GError **error)
{
  g_auto (DomuimgFd) in = open (kept, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  g_autoptr (GChecksum) checksum = NULL;
  guint64 length;

  *is_there = FALSE;
  if (in < 0)
    return errno == ENOENT || domuimg_set_errno (error, errno, "opening %s", kept);
  checksum = digest_of (self, in, &length, error);
  if (checksum == NULL)
    return FALSE;
  *is_there = is_right (self->what, checksum);
  return TRUE;
}

static gboolean
copy_kept (const Fetch *self, const char *kept, GError **error)
{
  g_auto (DomuimgFd) in = open (kept, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  g_auto (DomuimgFd) out = domuimg_private_file_make (self->what->to, error);
  struct stat status;
  DomuimgCopyExtent extent = { .in = in, .out = out, .name = kept };

  if (out < 0)
    return FALSE;
  if (in < 0 || fstat (in, &status) != 0 || ftruncate (out, status.st_size) != 0)
    return domuimg_set_errno (error, errno, "copying %s", kept);
  extent.length = (guint64) status.st_size;
  return domuimg_copy_extent (&extent, self->cancellable, error);
}

/* What is fetched has the name of a part until it is whole, and one process writes to it. */
static gboolean
get_by_cache (const Fetch *self, const char *directory, GError **error)
{
  g_autofree char *kept = g_strdup_printf ("%s/install-%s", directory, self->what->checksum);
  g_autofree char *part = g_strconcat (kept, ".part", NULL);
  g_autoptr (GError) local = NULL;
  g_auto (DomuimgFd) fd = -1;
  gboolean is_there;

  if (!is_kept (self, kept, &is_there, error))
    return FALSE;
  if (is_there)
    return copy_kept (self, kept, error);
  fd = domuimg_locked_file_open (part, O_CREAT);
  if (fd < 0)
    return get_directly (self, error);
  if (!get_all (self, fd, &local))
    {
      /* Nothing of what is wrong is of use to whoever comes next. */
      if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT))
        unlink (part);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  /* It is not waited for the disk: what is kept is verified whenever it is used. */
  if (g_rename (part, kept) != 0)
    return domuimg_set_errno (error, errno, "keeping %s", kept);
  return copy_kept (self, kept, error);
}

/* The checksum becomes the name of a file. */
static gboolean
is_digest (const char *text)
{
  gsize length = strspn (text, "0123456789abcdefABCDEF");

  return length >= 64 && text[length] == '\0';
}

gboolean
domuimg_install_fetch (DomuimgInstallFiles *files, const DomuimgInstallFetch *what,
                       DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  const Fetch self = { files, what, progress, cancellable };
  g_autofree char *directory = domuimg_cache_path (NULL);
  g_autofree char *name = domuimg_install_files_name (files, what->path);

  domuimg_progress_set_message (progress, "Fetching %s", name);
  if (!what->use_cache || what->checksum == NULL || !is_digest (what->checksum)
      || !domuimg_install_files_is_remote (files) || g_mkdir_with_parents (directory, 0755) != 0)
    return get_directly (&self, error);
  return get_by_cache (&self, directory, error);
}
