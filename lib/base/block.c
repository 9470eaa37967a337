/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices of this host: opened as their only user, and written with the first page last. */
#include "config.h"
#include "lib/base/block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/block-users.h"
#include "lib/base/fd.h"
#include "lib/base/sparse.h"

#define PAGE ((guint64) 4096)
#define BUFFER ((guint64) 1 << 20)
/* So many bytes are made zeros by one call, which cannot be stopped. */
#define ZERO_STEP ((guint64) 64 << 20)

gboolean
domuimg_block_is (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 && S_ISBLK (status.st_mode);
}

gboolean
domuimg_block_is_place (const char *path)
{
  g_autofree char *full = g_canonicalize_filename (path, NULL);

  if (domuimg_block_is (full))
    return TRUE;
  return g_str_has_prefix (full, "/dev/") && !g_str_has_prefix (full, "/dev/shm/");
}

static gboolean
check_writable (int fd, const char *path, GError **error)
{
  int readonly = 0;

  if (ioctl (fd, BLKROGET, &readonly) != 0)
    return domuimg_set_errno (error, errno, "%s: asking whether it can be written to", path);
  return !readonly
         || domuimg_fail (error, DOMUIMG_ERROR_PERMISSION,
                          "%s is read-only; make it writable (blockdev --setrw), or choose another"
                          " device",
                          path);
}

int
domuimg_block_open (const char *path, gboolean writable, GError **error)
{
  g_auto (DomuimgFd) fd
      = open (path, (writable ? O_RDWR : O_RDONLY) | O_EXCL | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  int result;

  if (fd < 0 && errno == EBUSY)
    {
      domuimg_block_fail_busy (path, error);
      return -1;
    }
  if (fd < 0 || fstat (fd, &status) != 0)
    {
      domuimg_set_errno (error, errno, "opening the device %s", path);
      return -1;
    }
  if (!S_ISBLK (status.st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s is not a block device", path);
      return -1;
    }
  if (!check_writable (fd, path, error))
    return -1;
  result = fd;
  fd = -1;
  return result;
}

gboolean
domuimg_block_get_size (int fd, const char *path, guint64 *size, GError **error)
{
  *size = 0;
  if (ioctl (fd, BLKGETSIZE64, size) != 0)
    return domuimg_set_errno (error, errno, "%s: asking for its size", path);
  return *size > 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                          "%s has no size: nothing is attached to it", path);
}

static char *
digest_of (const void *page)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, page, PAGE);
}

char *
domuimg_block_digest (const DomuimgRegion *image, GError **error)
{
  guint8 page[PAGE] = { 0 };

  if (domuimg_region_read (image, 0, page, PAGE) >= 0)
    return digest_of (page);
  domuimg_set_errno (error, errno, "reading %s", image->name);
  return NULL;
}

/* By the device itself, where it can. */
static gboolean
zero (const DomuimgRegion *device, guint64 from, guint64 to, GCancellable *cancellable,
      GError **error)
{
  while (from < to)
    {
      guint64 range[] = { from, MIN (to - from, ZERO_STEP) };

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (ioctl (device->fd, BLKZEROOUT, range) != 0)
        return domuimg_set_errno (error, errno, "writing zeros to %s", device->name);
      from += range[1];
    }
  return TRUE;
}

static gboolean
copy (const DomuimgRegion *device, const DomuimgRegion *image, guint64 from, guint64 to,
      GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER);

  while (from < to)
    {
      gsize length = MIN (to - from, BUFFER);
      gssize got = domuimg_region_read (image, from, buffer, length);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading %s", image->name);
      /* Behind the image's end. */
      memset (buffer + got, 0, length - (gsize) got);
      if (!domuimg_region_write (device, from, buffer, length))
        return domuimg_set_errno (error, errno, "writing to %s", device->name);
      from += length;
    }
  return TRUE;
}

/* The end of what begins at @from and is one of both, data or a hole, in whole pages. */
static guint64
find_end (const DomuimgRegion *image, guint64 from, guint64 to, gboolean *is_hole)
{
  off_t data = lseek (image->fd, (off_t) from, SEEK_DATA);
  off_t end;

  if (data < 0 && errno == ENXIO)
    data = (off_t) to;
  *is_hole = data >= 0 && (guint64) data / PAGE * PAGE > from;
  if (*is_hole)
    return MIN ((guint64) data / PAGE * PAGE, to);
  end = data >= 0 ? lseek (image->fd, data, SEEK_HOLE) : -1;
  return end < 0 ? to : MIN (((guint64) end + PAGE - 1) / PAGE * PAGE, to);
}

/* Bytes from @from to @to, which are on the disk then. Holes become zeros: whoever had the device
 * before may have left something there. */
static gboolean
put (const DomuimgRegion *device, const DomuimgRegion *image, guint64 from, guint64 to,
     GCancellable *cancellable, GError **error)
{
  while (from < to)
    {
      gboolean is_hole;
      guint64 end = find_end (image, from, to, &is_hole);
      gboolean ok = is_hole ? zero (device, from, end, cancellable, error)
                            : copy (device, image, from, end, cancellable, error);

      if (!ok)
        return FALSE;
      from = end;
    }
  return fsync (device->fd) == 0
         || domuimg_set_errno (error, errno, "writing out %s", device->name);
}

gboolean
domuimg_block_write (const DomuimgRegion *device, const DomuimgRegion *image,
                     GCancellable *cancellable, GError **error)
{
  guint64 size = device->length;
  guint64 head = MIN (DOMUIMG_BLOCK_HEAD, size);
  guint64 tail = MAX (head, size - MIN (DOMUIMG_BLOCK_TAIL, size));

  if (!zero (device, 0, head, cancellable, error)
      || !zero (device, tail, size, cancellable, error))
    return FALSE;
  if (fsync (device->fd) != 0)
    return domuimg_set_errno (error, errno, "writing out %s", device->name);
  return put (device, image, head, tail, cancellable, error)
         && put (device, image, PAGE, head, cancellable, error)
         && put (device, image, tail, size, cancellable, error)
         && put (device, image, 0, PAGE, cancellable, error);
}

gboolean
domuimg_block_clear_first (int fd)
{
  static const guint8 zeros[PAGE];

  return pwrite (fd, zeros, PAGE, 0) == (gssize) PAGE && fsync (fd) == 0;
}

gboolean
domuimg_block_take_back (const char *path, const char *digest)
{
  g_auto (DomuimgFd) fd = open (path, O_RDWR | O_EXCL | O_CLOEXEC | O_NONBLOCK);
  g_autofree char *found = NULL;
  guint8 page[PAGE];
  struct stat status;

  if (fd < 0)
    {
      errno = errno == ENXIO || errno == ENODEV ? ENOENT : errno;
      return FALSE;
    }
  if (fstat (fd, &status) != 0 || !S_ISBLK (status.st_mode)
      || pread (fd, page, PAGE, 0) != (gssize) PAGE)
    {
      errno = ENOENT;
      return FALSE;
    }
  if (domuimg_is_zero (page, PAGE))
    return TRUE;
  found = digest_of (page);
  if (g_str_equal (found, digest))
    return domuimg_block_clear_first (fd);
  errno = ENOENT;
  return FALSE;
}
