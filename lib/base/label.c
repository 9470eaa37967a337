/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Labels of files: number and birth, size, time of the last change, and a digest of where
 * filesystems keep what a mount changes. */
#include "config.h"
#include "lib/base/label.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"

#define DIGEST_LENGTH 16

/* Superblocks of a filesystem on the whole disk, of btrfs, and of one in the first partition. */
static const struct {
  off_t offset;
  gsize length;
} ranges[] = { { 0, 8192 }, { 65536, 4096 }, { 1048576, 8192 } };

static gboolean
add_range (GChecksum *checksum, int fd, guint i)
{
  guint8 block[8192];
  gssize got;

  do
    got = pread (fd, block, ranges[i].length, ranges[i].offset);
  while (got < 0 && errno == EINTR);
  if (got > 0)
    g_checksum_update (checksum, block, got);
  return got >= 0;
}

/* A file that may not be read has none. */
static char *
make_digest (const char *path, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gboolean ok = fd >= 0;

  if (fd < 0 && (errno == EACCES || errno == EPERM))
    return g_strdup ("");
  for (guint i = 0; ok && i < G_N_ELEMENTS (ranges); i++)
    ok = add_range (checksum, fd, i);
  if (ok)
    return g_strndup (g_checksum_get_string (checksum), DIGEST_LENGTH);
  domuimg_set_errno (error, errno, "reading %s", path);
  return NULL;
}

char *
domuimg_label_of (const char *path, GError **error)
{
  g_autofree char *digest = NULL;
  struct statx status;

  if (statx (AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status) != 0)
    {
      if (errno == ENOENT || errno == ENOTDIR)
        return g_strdup (DOMUIMG_LABEL_ABSENT);
      domuimg_set_errno (error, errno, "looking at %s", path);
      return NULL;
    }
  digest = S_ISREG (status.stx_mode) ? make_digest (path, error) : g_strdup ("");
  if (digest == NULL)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%" G_GINT64_FORMAT ".%u:%" G_GUINT64_FORMAT
                          ":%" G_GINT64_FORMAT ".%u:%s",
                          (guint64) status.stx_ino,
                          (status.stx_mask & STATX_BTIME) != 0 ? (gint64) status.stx_btime.tv_sec
                                                               : 0,
                          (status.stx_mask & STATX_BTIME) != 0 ? status.stx_btime.tv_nsec : 0,
                          (guint64) status.stx_size, (gint64) status.stx_mtime.tv_sec,
                          status.stx_mtime.tv_nsec, digest);
}

gboolean
domuimg_label_is_absent (const char *label)
{
  return g_str_equal (label, DOMUIMG_LABEL_ABSENT);
}

gboolean
domuimg_label_is_same_file (const char *a, const char *b)
{
  gsize length = strcspn (a, ":");

  return !domuimg_label_is_absent (a) && length == strcspn (b, ":")
         && strncmp (a, b, length) == 0;
}
