/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Block devices of this host: opened as their only user, and written with the places of signatures last. */
#include "config.h"
#include "lib/base/block.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/block-users.h"
#include "lib/base/fd.h"
#include "lib/base/sparse.h"

#define PAGE ((guint64) 4096)
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

/* Whoever had the device before may have left something there, and a discard may leave it. So the
 * device is told to make zeros: at best by giving its blocks back, as a sparse or thin one can, else as
 * it likes. */
static gboolean
zero_range (const DomuimgRegion *device, guint64 from, guint64 length)
{
  guint64 range[] = { from, length };

  return fallocate (device->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) from,
                    (off_t) length)
             == 0
         || ioctl (device->fd, BLKZEROOUT, range) == 0;
}

gboolean
domuimg_block_zero (const DomuimgRegion *device, GCancellable *cancellable, GError **error)
{
  guint64 from = 0;

  while (from < device->length)
    {
      guint64 length = MIN (device->length - from, ZERO_STEP);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!zero_range (device, from, length))
        return domuimg_set_errno (error, errno, "writing zeros to %s", device->name);
      from += length;
      /* The places of signatures come first, and are on the disk before anything else is. */
      if (from == length && fsync (device->fd) != 0)
        return domuimg_set_errno (error, errno, "writing out %s", device->name);
    }
  return TRUE;
}

static gboolean
copy (const DomuimgRegion *from, const DomuimgRegion *device, guint64 at, guint64 end,
      GError **error)
{
  g_autofree guint8 *buffer = g_malloc (end - at);

  if (!domuimg_region_read_all (from, at, buffer, end - at))
    return domuimg_set_errno (error, errno, "reading %s", from->name);
  return domuimg_region_write (device, at, buffer, end - at)
         || domuimg_set_errno (error, errno, "writing to %s", device->name);
}

static gboolean
write_out (const DomuimgRegion *device, GError **error)
{
  return fsync (device->fd) == 0
         || domuimg_set_errno (error, errno, "writing out %s", device->name);
}

gboolean
domuimg_block_release (const DomuimgRegion *device, const DomuimgRegion *whole, GError **error)
{
  guint64 size = device->length;
  guint64 head = MIN (DOMUIMG_BLOCK_HELD, size);
  guint64 tail = MAX (head, size - MIN (DOMUIMG_BLOCK_HELD, size));

  return copy (whole, device, tail, size, error) && copy (whole, device, PAGE, head, error)
         && write_out (device, error) && copy (whole, device, 0, PAGE, error)
         && write_out (device, error);
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
