/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a disk another size, and the filesystem on it. */
#include "config.h"
#include "lib/build/resize-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/block.h"
#include "lib/base/copy-file.h"
#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/disk/layout.h"
#include "lib/fs/fs.h"

#define BLOCK ((guint64) 4096)

struct _DomuimgResizeDisk {
  DomuimgImage *image;
  DomuimgVolume *volume; /* of @image: the last one, whose end is the disk's */
  const DomuimgFs *fs;   /* (nullable) nothing is on it */
  GCancellable *cancellable;
};

guint64
domuimg_resize_round (guint64 size)
{
  return size & ~(BLOCK - 1);
}

void
domuimg_resize_disk_free (DomuimgResizeDisk *self)
{
  g_clear_pointer (&self->image, domuimg_image_free);
  g_free (self);
}

static const char *
get_path (DomuimgResizeDisk *self)
{
  return domuimg_image_get_path (self->image);
}

/* (nullable) What lies last on the disk, and so can be given another size. */
static DomuimgVolume *
find_last (GPtrArray *volumes)
{
  DomuimgVolume *last = NULL;

  for (guint i = 0; i < volumes->len; i++)
    {
      DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (last == NULL || volume->offset > last->offset)
        last = volume;
    }
  return last;
}

static gboolean
find_filesystem (DomuimgResizeDisk *self, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_partitions (self->image, error);

  if (volumes == NULL)
    return FALSE;
  self->volume = find_last (volumes);
  if (self->volume == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has a partition table and no partition", get_path (self));
  if (self->volume->fs == NULL && self->volume->number == 0)
    return TRUE;
  self->fs = domuimg_fs_find (self->volume->fs);
  if (self->fs != NULL && self->fs->resize != NULL)
    return TRUE;
  if (self->volume->number > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: its last partition, %u, holds %s, which cannot be resized",
                         get_path (self), self->volume->number,
                         self->volume->fs != NULL ? self->volume->fs : "nothing that is known");
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s holds %s, which cannot be resized",
                       get_path (self), self->volume->fs);
}

DomuimgResizeDisk *
domuimg_resize_disk_open (const char *path, const char *format, GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (DomuimgResizeDisk) self = g_new0 (DomuimgResizeDisk, 1);

  self->cancellable = cancellable;
  self->image = domuimg_image_open (path, format, error);
  if (self->image == NULL)
    return NULL;
  if (!g_str_equal (domuimg_image_get_format (self->image), "raw"))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s is in the format %s, and only raw disks can be resized", path,
                    domuimg_image_get_format (self->image));
      return NULL;
    }
  return find_filesystem (self, error) ? g_steal_pointer (&self) : NULL;
}

guint64
domuimg_resize_disk_get_size (DomuimgResizeDisk *self)
{
  return domuimg_image_get_size (self->image);
}

static gboolean
check_device (DomuimgResizeDisk *self, GError **error)
{
  return !domuimg_block_is (get_path (self))
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s is a device, whose size is its own", get_path (self));
}

static gboolean
check_files (DomuimgResizeDisk *self, guint64 size, GError **error)
{
  g_autoptr (DomuimgRegion) region = domuimg_image_get_region (self->image, self->volume);
  guint64 least;

  if (self->volume->number > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has a partition table, and can only be made larger", get_path (self));
  if (self->fs == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "what is on %s is not known, so it is not known either what would be cut"
                         " off",
                         get_path (self));
  if (self->fs->get_least_size == NULL)
    return TRUE;
  if (!self->fs->get_least_size (region, &least, self->cancellable, error))
    return FALSE;
  return least <= size
         || domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                          "%s cannot be made so small: what is on it needs %" G_GUINT64_FORMAT
                          " MiB",
                          get_path (self), (least + 1048575) >> 20);
}

gboolean
domuimg_resize_disk_check (DomuimgResizeDisk *self, guint64 size, GError **error)
{
  return check_device (self, error)
         && (size >= domuimg_resize_disk_get_size (self) || check_files (self, size, error));
}

static gboolean
set_size (DomuimgRegion *disk, const char *path, guint64 size, GError **error)
{
  return ftruncate (disk->fd, (off_t) size) == 0
         || domuimg_set_errno (error, errno, "giving %s a size of %" G_GUINT64_FORMAT " bytes", path,
                               size);
}

static gboolean
resize_region (DomuimgResizeDisk *self, DomuimgRegion *region, guint64 size, GError **error)
{
  const DomuimgMkfs what = { .fs_type = self->volume->fs,
                             .label = self->volume->label,
                             .uuid = self->volume->uuid };

  return self->fs == NULL || self->fs->resize (&what, region, size, self->cancellable, error);
}

static gboolean
copy_part (DomuimgResizeDisk *self, const DomuimgRegion *from, const DomuimgRegion *to,
           GError **error)
{
  const DomuimgCopyExtent extent = { .in = from->fd,
                                     .out = to->fd,
                                     .from = from->offset,
                                     .to = to->offset,
                                     .length = MIN (from->length, to->length),
                                     .name = from->name };

  return domuimg_copy_extent (&extent, self->cancellable, error);
}

static gboolean
punch (const DomuimgRegion *region, GError **error)
{
  return fallocate (region->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) region->offset,
                    (off_t) region->length)
             == 0
         || domuimg_set_errno (error, errno, "making room in %s", region->name);
}

/* A partition is resized in a file of its own: resize2fs cuts a file off where the filesystem would
 * end if it began with the file. */
static gboolean
resize_partition (DomuimgResizeDisk *self, DomuimgRegion *region, const char *copy, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (copy);
  g_auto (DomuimgFd) fd = domuimg_unnamed_file (directory, error);
  g_autoptr (DomuimgRegion) file = NULL;

  if (fd < 0)
    return FALSE;
  if (ftruncate (fd, (off_t) region->length) != 0)
    return domuimg_set_errno (error, errno, "resizing %s", region->name);
  file = domuimg_region_new_for_fd (fd, region->name, error);
  return file != NULL && copy_part (self, region, file, error)
         && resize_region (self, file, region->length, error) && punch (region, error)
         && copy_part (self, file, region, error);
}

/* The part of @disk that the filesystem may have then. */
static DomuimgRegion *
find_room (DomuimgResizeDisk *self, DomuimgRegion *disk, guint64 size, GError **error)
{
  DomuimgExtent extent = { 0, MAX (size, domuimg_resize_disk_get_size (self)) };
  g_autoptr (DomuimgRegion) whole = domuimg_region_new_part (disk, 0, extent.length);
  g_autoptr (DomuimgRegion) named = domuimg_region_new_named (whole, get_path (self));

  if (self->volume->number > 0 && !domuimg_table_grow (named, self->volume->number, &extent, error))
    return NULL;
  return domuimg_region_new_part (named, extent.offset, extent.length);
}

gboolean
domuimg_resize_disk_run (DomuimgResizeDisk *self, DomuimgRepairWork *work, guint64 size,
                         GError **error)
{
  gboolean is_shrinking = size < domuimg_resize_disk_get_size (self);
  const char *copy = domuimg_repair_work_file (work, get_path (self), error);
  g_autoptr (DomuimgRegion) disk = copy != NULL ? domuimg_region_open (copy, TRUE, error) : NULL;
  g_autoptr (DomuimgRegion) room = NULL;

  if (disk == NULL || (!is_shrinking && !set_size (disk, get_path (self), size, error)))
    return FALSE;
  room = find_room (self, disk, size, error);
  if (room == NULL)
    return FALSE;
  if (self->volume->number > 0)
    return resize_partition (self, room, copy, error);
  return resize_region (self, room, size, error)
         && (!is_shrinking || set_size (disk, get_path (self), size, error));
}
