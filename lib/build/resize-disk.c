/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives a disk another size, and the filesystem on it. */
#include "config.h"
#include "lib/build/resize-disk.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/block.h"
#include "lib/fs/fs.h"

#define BLOCK ((guint64) 4096)

struct _DomuimgResizeDisk {
  DomuimgImage *image;
  DomuimgVolume *volume; /* of @image: the only one */
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

static gboolean
find_filesystem (DomuimgResizeDisk *self, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_partitions (self->image, error);
  const char *table = domuimg_image_get_table (self->image);

  if (volumes == NULL)
    return FALSE;
  if (table != NULL || volumes->len != 1)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has a partition table (%s): only a disk that is one filesystem can be"
                         " resized",
                         get_path (self), table != NULL ? table : "unknown");
  self->volume = g_ptr_array_index (volumes, 0);
  if (self->volume->fs == NULL)
    return TRUE;
  self->fs = domuimg_fs_find (self->volume->fs);
  if (self->fs != NULL && self->fs->resize != NULL)
    return TRUE;
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
check_device (DomuimgResizeDisk *self, guint64 size, GError **error)
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
  return check_device (self, size, error)
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
resize_filesystem (DomuimgResizeDisk *self, DomuimgRegion *region, guint64 size, GError **error)
{
  const DomuimgMkfs what = { .fs_type = self->volume->fs,
                             .label = self->volume->label,
                             .uuid = self->volume->uuid };

  return self->fs == NULL || self->fs->resize (&what, region, size, self->cancellable, error);
}

gboolean
domuimg_resize_disk_run (DomuimgResizeDisk *self, DomuimgRepairWork *work, guint64 size,
                         GError **error)
{
  gboolean is_shrinking = size < domuimg_resize_disk_get_size (self);
  const char *copy = domuimg_repair_work_file (work, get_path (self), error);
  g_autoptr (DomuimgRegion) disk = copy != NULL ? domuimg_region_open (copy, TRUE, error) : NULL;
  g_autoptr (DomuimgRegion) room = NULL;
  g_autoptr (DomuimgRegion) named = NULL;

  if (disk == NULL || (!is_shrinking && !set_size (disk, get_path (self), size, error)))
    return FALSE;
  room = domuimg_region_new_part (disk, 0, MAX (size, domuimg_resize_disk_get_size (self)));
  named = domuimg_region_new_named (room, get_path (self));
  return resize_filesystem (self, named, size, error)
         && (!is_shrinking || set_size (disk, get_path (self), size, error));
}
