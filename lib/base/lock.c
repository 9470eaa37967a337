/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Locks of names, each a locked file named for a digest of it. */
#include "config.h"
#include "lib/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/journal.h"
#include "lib/base/locked-file.h"

#define SUFFIX ".lock"
#define DIGEST_LENGTH 24
/* What takes longer is no wait for a moment, and worth a message. */
#define PATIENCE_USEC (10 * G_USEC_PER_SEC)
#define POLL_USEC (G_USEC_PER_SEC / 100)

struct _DomuimgLock {
  char *key;
  char *file;
  int fd;
};

char *
domuimg_lock_key (const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *directory = g_path_get_dirname (absolute);
  g_autofree char *name = g_path_get_basename (absolute);
  g_autofree char *real = realpath (directory, NULL);

  return g_build_filename (real != NULL ? real : directory, name, NULL);
}

static int
wait_for (const char *file, gboolean is_shared)
{
  gint64 until = g_get_monotonic_time () + PATIENCE_USEC;
  int fd;

  for (;;)
    {
      fd = is_shared ? domuimg_locked_file_share (file, O_CREAT) : domuimg_locked_file_open (file, O_CREAT);
      if (fd >= 0 || (errno != ESTALE && errno != EWOULDBLOCK && errno != EINTR))
        return fd;
      if (errno == EWOULDBLOCK && g_get_monotonic_time () >= until)
        {
          errno = EWOULDBLOCK;
          return -1;
        }
      g_usleep (POLL_USEC);
    }
}

static DomuimgLock *
take (const char *key, gboolean is_shared, GError **error)
{
  g_autofree char *directory = domuimg_journal_directory (error);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, -1);
  g_autofree char *file = NULL;
  DomuimgLock *self;
  int fd;

  if (directory == NULL)
    return NULL;
  file = g_strdup_printf ("%s/%.*s" SUFFIX, directory, DIGEST_LENGTH, digest);
  fd = wait_for (file, is_shared);
  if (fd < 0 && errno == EWOULDBLOCK)
    domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                  "%s is being made or changed by another domuimg; try again when that has ended",
                  key);
  else if (fd < 0)
    domuimg_set_errno (error, errno, "locking %s by %s", key, file);
  if (fd < 0)
    return NULL;
  self = g_new0 (DomuimgLock, 1);
  self->key = g_strdup (key);
  self->file = g_steal_pointer (&file);
  self->fd = fd;
  return self;
}

DomuimgLock *
domuimg_lock_take (const char *key, GError **error)
{
  return take (key, FALSE, error);
}

DomuimgLock *
domuimg_lock_share (const char *key, GError **error)
{
  return take (key, TRUE, error);
}

/* The name goes first: who waits with the file open sees that, and makes it anew. Of a lock that is shared, the
 * last one takes it away. */
void
domuimg_lock_free (DomuimgLock *self)
{
  if (domuimg_locked_file_is_last (self->fd))
    unlink (self->file);
  domuimg_fd_clear (&self->fd);
  g_free (self->key);
  g_free (self->file);
  g_free (self);
}

const char *
domuimg_lock_get_key (DomuimgLock *self)
{
  return self->key;
}

void
domuimg_lock_sweep (void)
{
  g_autofree char *directory = domuimg_journal_directory (NULL);
  g_autoptr (GDir) dir = directory != NULL ? g_dir_open (directory, 0, NULL) : NULL;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (directory, name, NULL);
      g_auto (DomuimgFd) fd = g_str_has_suffix (name, SUFFIX) ? domuimg_locked_file_open (file, 0) : -1;

      if (fd >= 0)
        unlink (file);
    }
}
