/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies of disks that are files of the guest's bytes: sharing blocks, or with their holes. */
#include "config.h"
#include "lib/disk/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/copy-file.h"
#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/base/sparse.h"

#define BUFFER ((gsize) 1 << 20)
/* A multiple of XFS's blocks, which have 4 KiB or less where pages have. */
#define PIECE 4096

const DomuimgCopyWay *const domuimg_copy_ways_of_bytes[]
    = { &domuimg_copy_way_reflink, &domuimg_copy_way_overlay, &domuimg_copy_way_sparse, NULL };
const DomuimgCopyWay *const domuimg_copy_ways_of_others[]
    = { &domuimg_copy_way_overlay, &domuimg_copy_way_sparse, NULL };

/* A file without a name tells it, and goes by itself. */
static gboolean
check_reflink (const DomuimgDiskOriginal *original, const char *directory, GError **error)
{
  g_auto (DomuimgFd) out = open (directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (original->bytes->back == NULL && out >= 0 && ioctl (out, FICLONE, original->bytes->fd) == 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: files in %s cannot share its blocks, which takes btrfs or XFS and both on"
                       " one filesystem",
                       original->path, directory);
}

/* XFS gives a shared block that is written to a piece of 128 KiB, unless the file has a hint of another size
 * (ioctl_xfs_fsgetxattr(2), fsx_cowextsize); others do not know that. A clone has a dozen such blocks. 0 is
 * the usual again, which is better for a guest that runs. */
static void
set_piece (int fd, guint32 bytes)
{
  struct fsxattr attributes;

  if (ioctl (fd, FS_IOC_FSGETXATTR, &attributes) != 0)
    return;
  attributes.fsx_cowextsize = bytes;
  attributes.fsx_xflags = bytes > 0 ? attributes.fsx_xflags | FS_XFLAG_COWEXTSIZE
                                    : attributes.fsx_xflags & ~(guint32) FS_XFLAG_COWEXTSIZE;
  ioctl (fd, FS_IOC_FSSETXATTR, &attributes);
}

static DomuimgRegion *
begin_reflink (const DomuimgDiskOriginal *original, const char *path, const char *name,
               GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) out = domuimg_private_file_make (path, error);

  if (out < 0)
    return NULL;
  if (ioctl (out, FICLONE, original->bytes->fd) == 0)
    {
      set_piece (out, PIECE);
      return domuimg_region_new_for_fd (out, name, error);
    }
  domuimg_set_errno (error, errno, "sharing the blocks of %s", original->path);
  return NULL;
}

static gboolean
end_reflink (const DomuimgDiskOriginal *original, DomuimgRegion *copy, GError **error)
{
  set_piece (copy->fd, 0);
  return TRUE;
}

static gboolean
check_sparse (const DomuimgDiskOriginal *original, const char *directory, GError **error)
{
  return TRUE;
}

/* What has no descriptor is read, and its zeros become holes. */
static gboolean
copy_bytes (const DomuimgDiskOriginal *original, int out, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER);
  guint64 at = 0;

  while (at < original->bytes->length)
    {
      gssize got = domuimg_region_read (original->bytes, at, buffer, BUFFER);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (got <= 0)
        return domuimg_set_errno (error, got < 0 ? errno : EIO, "reading %s", original->path);
      if (!domuimg_sparse_write (out, buffer, (gsize) got, at))
        return domuimg_set_errno (error, errno, "copying %s", original->path);
      at += (guint64) got;
    }
  return TRUE;
}

static gboolean
copy_sparse (const DomuimgDiskOriginal *original, int out, GCancellable *cancellable, GError **error)
{
  const DomuimgRegion *bytes = original->bytes;
  const DomuimgCopyExtent whole = { .in = bytes->fd,
                                    .out = out,
                                    .from = bytes->offset,
                                    .length = bytes->length,
                                    .name = original->path };

  return bytes->back == NULL ? domuimg_copy_extent (&whole, cancellable, error)
                             : copy_bytes (original, out, cancellable, error);
}

static DomuimgRegion *
begin_sparse (const DomuimgDiskOriginal *original, const char *path, const char *name,
              GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) out = domuimg_private_file_make (path, error);

  if (out < 0)
    return NULL;
  if (ftruncate (out, (off_t) original->bytes->length) != 0)
    {
      domuimg_set_errno (error, errno, "giving %s its size", name);
      return NULL;
    }
  return copy_sparse (original, out, cancellable, error) ? domuimg_region_new_for_fd (out, name, error)
                                                         : NULL;
}

const DomuimgCopyWay domuimg_copy_way_reflink = {
  .name = "reflink",
  .help = "a file that shares its blocks until one of them is written to (btrfs, XFS)",
  .format = "raw",
  .suffix = "img",
  .check = check_reflink,
  .begin = begin_reflink,
  .end = end_reflink,
};

const DomuimgCopyWay domuimg_copy_way_sparse = {
  .name = "sparse",
  .help = "a file of its own, with holes where the original has none or zeros",
  .format = "raw",
  .suffix = "img",
  .check = check_sparse,
  .begin = begin_sparse,
};
