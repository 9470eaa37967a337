/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies a file out of a guest's tree, and compares such a copy with its source. */
#include "config.h"
#include "lib/build/copy-out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/private-file.h"

#define PIECE (256 * 1024)

gboolean
domuimg_copy_out (DomuimgTree *tree, const char *path, const char *to, const char *name,
                  GCancellable *cancellable, GError **error)
{
  int fd = domuimg_private_file_make (to, error);
  gboolean ok;

  if (fd < 0)
    return FALSE;
  ok = domuimg_tree_copy_out (tree, path, fd, cancellable, error);
  if (!ok && error != NULL && g_error_matches (*error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE))
    g_prefix_error (error, "making %s: ", name);
  if (close (fd) != 0 && ok)
    ok = domuimg_set_errno (error, errno, "writing %s", name);
  return ok;
}

static gboolean
read_fully (int fd, void *buffer, gsize length, guint64 offset)
{
  guint8 *at = buffer;

  while (length > 0)
    {
      gssize got = pread (fd, at, length, (off_t) offset);

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return FALSE;
      at += got;
      offset += (guint64) got;
      length -= (gsize) got;
    }
  return TRUE;
}

gboolean
domuimg_copy_is_current (DomuimgTree *tree, const char *path, const char *copy, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (tree, path, error);
  g_auto (DomuimgFd) fd = open (copy, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  g_autofree guint8 *ours = g_malloc (PIECE);
  g_autofree guint8 *theirs = g_malloc (PIECE);
  struct stat status;

  if (entry == NULL || fd < 0 || fstat (fd, &status) != 0 || !S_ISREG (status.st_mode)
      || (guint64) status.st_size != entry->size)
    return FALSE;
  for (guint64 offset = 0; offset < entry->size;)
    {
      gssize got = domuimg_tree_read_at (tree, path, offset, theirs, PIECE, error);

      if (got <= 0 || !read_fully (fd, ours, (gsize) got, offset)
          || memcmp (ours, theirs, (gsize) got) != 0)
        return FALSE;
      offset += (guint64) got;
    }
  return TRUE;
}
