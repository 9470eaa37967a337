/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches an image into the cache, where it has its checksum in its name, or for one build only. */
#include "config.h"
#include "lib/source/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/checksum.h"
#include "lib/base/exchange.h"
#include "lib/base/fd.h"
#include "lib/base/http.h"
#include "lib/base/locked-file.h"
#include "lib/base/private-file.h"
#include "lib/source/root-cache.h"

char *
domuimg_image_name_file (const char *url)
{
  g_auto (GStrv) parts = g_strsplit_set (url, "?#", 2);

  return g_path_get_basename (parts[0]);
}

static gboolean
download (const DomuimgImageRequest *request, int fd, DomuimgProgress *progress,
          GCancellable *cancellable, GError **error)
{
  const DomuimgHttpRequest http = { .uri = request->offer->url,
                                    .schemes = "http,https,ftp,file",
                                    .max = G_MAXUINT64,
                                    .progress = progress,
                                    .cancellable = cancellable };

  domuimg_progress_set_message (progress, "Downloading %s", request->offer->url);
  return domuimg_http_resume_to_fd (&http, fd, error);
}

/* The checksum of all bytes of @fd. */
static char *
compute (GChecksumType type, int fd, const char *name, GCancellable *cancellable, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (type);
  guint64 length;

  return domuimg_checksum_add_fd (checksum, fd, name, &length, cancellable, error)
             ? g_strdup (g_checksum_get_string (checksum))
             : NULL;
}

/* *@is_right without an error. */
static gboolean
check_digest (const DomuimgDigest *digest, int fd, const char *name, gboolean *is_right,
              DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree char *hex = NULL;

  domuimg_progress_set_message (progress, "Verifying %s", name);
  hex = compute (digest->type, fd, name, cancellable, error);
  *is_right = g_strcmp0 (hex, digest->hex) == 0;
  return hex != NULL;
}

static gboolean
fail_digest (const DomuimgImageRequest *request, const DomuimgDigest *digest, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s does not have the checksum that %s says (%s %s): the server or a mirror"
                       " sent something else; try again later",
                       request->offer->url, request->offer->checksums,
                       domuimg_digest_name (digest), digest->hex);
}

/* Whether the cache has the whole file; one that was damaged goes. */
static gboolean
find_cached (const char *path, const DomuimgDigest *digest, gboolean *found,
             DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  *found = FALSE;
  if (fd < 0)
    return errno == ENOENT || domuimg_set_errno (error, errno, "opening %s", path);
  if (!check_digest (digest, fd, path, found, progress, cancellable, error))
    return FALSE;
  if (!*found && unlink (path) != 0)
    return domuimg_set_errno (error, errno, "removing the damaged %s", path);
  return TRUE;
}

static int
open_part (const char *path, GError **error)
{
  int fd = domuimg_locked_file_open (path, O_CREAT);

  if (fd < 0 && errno != EWOULDBLOCK && errno != ESTALE)
    domuimg_set_errno (error, errno, "making %s; --no-cache does without the cache", path);
  else if (fd < 0)
    domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                  "another process downloads %s now; wait for it and try again", path);
  return fd;
}

static gboolean
truncate_part (int fd, const char *part, GError **error)
{
  return (ftruncate (fd, 0) == 0 && lseek (fd, 0, SEEK_SET) == 0)
         || domuimg_set_errno (error, errno, "emptying the damaged %s", part);
}

/* Downloads what is missing. A kill may have come when all was here. What was here may be damaged:
 * then all is fetched once more. */
static gboolean
complete (const DomuimgDigest *digest, const DomuimgImageRequest *request, int fd, const char *part,
          gboolean *is_right, DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  gboolean had_bytes = lseek (fd, 0, SEEK_END) > 0;

  *is_right = FALSE;
  if (had_bytes && !check_digest (digest, fd, part, is_right, progress, cancellable, error))
    return FALSE;
  for (guint i = 0; !*is_right && i < (had_bytes ? 2 : 1); i++)
    if ((i > 0 && !truncate_part (fd, part, error))
        || !download (request, fd, progress, cancellable, error)
        || !check_digest (digest, fd, part, is_right, progress, cancellable, error))
      return FALSE;
  return TRUE;
}

static gboolean
keep (int fd, const char *part, const char *path, const char *directory, GError **error)
{
  /* A power loss must not leave the name with half of the file. */
  if (fsync (fd) != 0 || rename (part, path) != 0)
    return domuimg_set_errno (error, errno, "keeping %s", path);
  return domuimg_sync_directory (directory, error);
}

static char *
fetch_cached (const DomuimgDigest *digest, const DomuimgImageRequest *request,
              DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree char *directory = domuimg_cache_path ("images");
  g_autofree char *name = domuimg_image_name_file (request->offer->url);
  g_autofree char *path = g_strdup_printf ("%s/%.32s-%s", directory, digest->hex, name);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_auto (DomuimgFd) fd = -1;
  gboolean is_right;

  if (g_mkdir_with_parents (directory, 0755) != 0)
    {
      domuimg_set_errno (error, errno, "making the cache directory %s", directory);
      return NULL;
    }
  if (!find_cached (path, digest, &is_right, progress, cancellable, error))
    return NULL;
  if (is_right)
    return g_steal_pointer (&path);
  fd = open_part (part, error);
  if (fd < 0
      || !complete (digest, request, fd, part, &is_right, progress, cancellable, error))
    return NULL;
  if (!is_right)
    {
      unlink (part);
      fail_digest (request, digest, error);
      return NULL;
    }
  return keep (fd, part, path, directory, error) ? g_steal_pointer (&path) : NULL;
}

/* For this build only: what has no checksum has no name in the cache, and is given one to tell of. */
static char *
fetch_once (DomuimgImageTrust *trust, const DomuimgImageRequest *request,
            DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree char *name = domuimg_image_name_file (request->offer->url);
  g_autofree char *path = g_build_filename (request->work, name, NULL);
  g_auto (DomuimgFd) fd = domuimg_private_file_make (path, error);
  gboolean is_right;

  if (fd < 0 || !download (request, fd, progress, cancellable, error))
    return NULL;
  if (trust->digest == NULL)
    {
      trust->digest = g_new0 (DomuimgDigest, 1);
      trust->digest->type = G_CHECKSUM_SHA256;
      trust->digest->hex = compute (G_CHECKSUM_SHA256, fd, path, cancellable, error);
      return trust->digest->hex != NULL ? g_steal_pointer (&path) : NULL;
    }
  if (!check_digest (trust->digest, fd, path, &is_right, progress, cancellable, error))
    return NULL;
  if (is_right)
    return g_steal_pointer (&path);
  fail_digest (request, trust->digest, error);
  return NULL;
}

char *
domuimg_image_fetch (DomuimgImageTrust *trust, const DomuimgImageRequest *request,
                     DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  return trust->digest != NULL && request->use_cache
             ? fetch_cached (trust->digest, request, progress, cancellable, error)
             : fetch_once (trust, request, progress, cancellable, error);
}
