/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps roots made of packages in a cache, keyed by the request and the state of the mirrors. */
#include "config.h"
#include "lib/source/root-cache.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/exchange.h"

#define SUFFIX ".tar.zst"

/* DIRECTORY/REQUEST-STATE.tar.zst, both parts digests. A new state of the same request
 * takes the place of the old one. */
struct _DomuimgRootCache {
  char *directory;
  char *request;
  char *state;
  struct archive *archive;
  int fd;
};

char *
domuimg_cache_path (const char *name)
{
  const char *chosen = g_getenv ("DOMUIMG_CACHE_DIR");

  if (chosen != NULL && *chosen != '\0')
    return g_build_filename (chosen, name, NULL);
  if (geteuid () == 0)
    return g_build_filename ("/var/cache/domuimg", name, NULL);
  return g_build_filename (g_get_user_cache_dir (), "domuimg", name, NULL);
}

static char *
digest_of (char **request)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; request[i] != NULL; i++)
    g_checksum_update (checksum, (const guint8 *) request[i], strlen (request[i]) + 1);
  return g_strndup (g_checksum_get_string (checksum), 32);
}

DomuimgRootCache *
domuimg_root_cache_new (char **request, const char *state)
{
  DomuimgRootCache *self = g_new0 (DomuimgRootCache, 1);

  self->directory = domuimg_cache_path (NULL);
  self->request = digest_of (request);
  self->state = g_strndup (state, 32);
  self->fd = -1;
  return self;
}

void
domuimg_root_cache_free (DomuimgRootCache *self)
{
  if (self->archive != NULL)
    archive_write_free (self->archive);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->directory);
  g_free (self->request);
  g_free (self->state);
  g_free (self);
}

static char *
path_of (DomuimgRootCache *self)
{
  return g_strdup_printf ("%s/%s-%s" SUFFIX, self->directory, self->request, self->state);
}

int
domuimg_root_cache_open (DomuimgRootCache *self)
{
  g_autofree char *path = path_of (self);

  return open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static gboolean
fail (DomuimgRootCache *self, GError **error)
{
  return domuimg_fail (error,
                       archive_errno (self->archive) == ENOSPC ? DOMUIMG_ERROR_NO_SPACE
                                                               : DOMUIMG_ERROR_IO,
                       "%s: filling the cache: %s; --no-cache does without it",
                       self->directory, archive_error_string (self->archive));
}

/* Roots hold no secrets of this machine yet, but they will be run: only their owner may
 * write here. The file has no name until it is whole. */
gboolean
domuimg_root_cache_begin (DomuimgRootCache *self, GError **error)
{
  g_autoptr (GError) local = NULL;
  struct archive_entry *entry;
  gboolean ok;

  if (g_mkdir_with_parents (self->directory, 0755) != 0)
    return domuimg_set_errno (error, errno, "making the cache directory %s", self->directory);
  self->fd = open (self->directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
  if (self->fd < 0)
    return domuimg_set_errno (error, errno, "making a file in the cache %s", self->directory);
  self->archive = archive_write_new ();
  archive_write_set_format_raw (self->archive);
  archive_write_add_filter_zstd (self->archive);
  archive_write_set_filter_option (self->archive, "zstd", "compression-level", "1");
  if (archive_write_open_fd (self->archive, self->fd) != ARCHIVE_OK)
    return fail (self, error);
  entry = archive_entry_new ();
  archive_entry_set_filetype (entry, AE_IFREG);
  ok = archive_write_header (self->archive, entry) == ARCHIVE_OK || fail (self, error);
  archive_entry_free (entry);
  return ok;
}

gboolean
domuimg_root_cache_add (const void *data, gsize length, gpointer cache, GError **error)
{
  DomuimgRootCache *self = cache;

  if (length == 0 || archive_write_data (self->archive, data, length) == (la_ssize_t) length)
    return TRUE;
  return fail (self, error);
}

static void
remove_old_states (DomuimgRootCache *self)
{
  g_autoptr (GDir) dir = g_dir_open (self->directory, 0, NULL);
  g_autofree char *prefix = g_strconcat (self->request, "-", NULL);
  g_autofree char *current = path_of (self);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->directory, name, NULL);

      if (g_str_has_prefix (name, prefix) && !g_str_equal (path, current))
        unlink (path);
    }
}

gboolean
domuimg_root_cache_keep (DomuimgRootCache *self, GError **error)
{
  g_autofree char *path = path_of (self);
  g_autofree char *unnamed = g_strdup_printf ("/proc/self/fd/%d", self->fd);

  if (archive_write_close (self->archive) != ARCHIVE_OK)
    return fail (self, error);
  /* A power loss must not leave the name with half of the file. */
  if (fsync (self->fd) != 0)
    return domuimg_set_errno (error, errno, "writing out %s", path);
  if (linkat (AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW) != 0 && errno != EEXIST)
    return domuimg_set_errno (error, errno, "keeping %s", path);
  if (!domuimg_sync_directory (self->directory, error))
    return FALSE;
  remove_old_states (self);
  return TRUE;
}
