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
#include "lib/image/export.h"
#include "lib/image/plain.h"
#include "lib/spec/disk-kind.h"

#define BLOCK ((guint64) 4096)

struct _DomuimgResizeDisk {
  DomuimgImage *image;
  const DomuimgDiskKind *kind;
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

static gboolean
is_raw (DomuimgResizeDisk *self)
{
  return g_str_equal (domuimg_image_get_format (self->image), "raw");
}

/* A volume that has the path of one that was made for the guest may be another one. */
static gboolean
check_volume (const DomuimgManifestDisk *disk, const DomuimgVolumes *volumes, GError **error)
{
  g_auto (DomuimgVolumeState) state = { NULL };

  if (!volumes->look (disk->path, &state, error))
    return FALSE;
  if (state.id == NULL || (disk->volume != NULL && !g_str_equal (state.id, disk->volume)))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s is not the volume that was made for the guest", disk->path);
  return !state.is_open
         || domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                          "%s is in use: shut the guest down, or unmount it, first", disk->path);
}

/* Which kind of disk it is, and whether that can have another size here. */
static gboolean
find_kind (DomuimgResizeDisk *self, const DomuimgManifestDisk *disk, GError **error)
{
  const char *format = domuimg_image_get_format (self->image);
  g_autofree char *why_not = NULL;

  self->kind = domuimg_disk_kind_find_stored (disk->kind, format);
  if (domuimg_block_is (disk->path) && (self->kind == NULL || self->kind->volumes == NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s is a device, whose size is its own",
                         disk->path);
  if (self->kind == NULL || self->kind->resize == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s (%s) cannot be resized: only raw and qcow2 files and logical volumes can",
                         disk->path, self->kind != NULL ? self->kind->name : format);
  if (self->kind->volumes != NULL)
    return check_volume (disk, self->kind->volumes, error);
  return is_raw (self) || domuimg_export_is_possible (&why_not)
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s is in the format %s, which is opened by FUSE to be resized: %s",
                          disk->path, format, why_not);
}

DomuimgResizeDisk *
domuimg_resize_disk_open (const DomuimgManifestDisk *disk, GCancellable *cancellable,
                          GError **error)
{
  g_autoptr (DomuimgResizeDisk) self = g_new0 (DomuimgResizeDisk, 1);

  self->cancellable = cancellable;
  self->image = domuimg_image_open (disk->path, disk->format, error);
  if (self->image == NULL || !find_kind (self, disk, error) || !find_filesystem (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

gboolean
domuimg_resize_disk_is_in_place (DomuimgResizeDisk *self)
{
  return self->kind->volumes != NULL;
}

guint64
domuimg_resize_disk_get_size (DomuimgResizeDisk *self)
{
  return domuimg_image_get_size (self->image);
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

/* It cannot be copied, so it is only changed in a way that a filesystem's own program makes whole. */
static gboolean
check_in_place (DomuimgResizeDisk *self, guint64 size, GError **error)
{
  if (size < domuimg_resize_disk_get_size (self))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is a volume, and can only be made larger: what is cut off could not be"
                         " put back",
                         get_path (self));
  return self->volume->number == 0
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s is a volume with a partition table: only one that is a filesystem can be"
                          " resized",
                          get_path (self));
}

gboolean
domuimg_resize_disk_check (DomuimgResizeDisk *self, guint64 size, GError **error)
{
  guint64 old = domuimg_resize_disk_get_size (self);

  if (domuimg_resize_disk_is_in_place (self) && !check_in_place (self, size, error))
    return FALSE;
  if (size < old)
    return check_files (self, size, error);
  return self->kind->check_more == NULL
         || self->kind->check_more (get_path (self), size - old, error);
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

/* Resizes it in a file of its own. */
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

/* Gives what is on @disk the room that it has there, or will have. */
static gboolean
resize_content (DomuimgResizeDisk *self, DomuimgRegion *disk, const char *place, guint64 size,
                GError **error)
{
  g_autoptr (DomuimgRegion) room = find_room (self, disk, size, error);

  if (room == NULL)
    return FALSE;
  if (self->volume->number > 0 && self->fs->resizes_files)
    return resize_partition (self, room, place, error);
  return resize_region (self, room, self->volume->number > 0 ? room->length : size, error);
}

/* The same of the disk at @place, in whatever format it is. */
static gboolean
open_and_resize (DomuimgResizeDisk *self, const char *place, guint64 size, GError **error)
{
  g_autoptr (DomuimgPlain) plain = NULL;
  g_autoptr (DomuimgRegion) disk = NULL;

  if (is_raw (self))
    disk = domuimg_region_open (place, TRUE, error);
  else
    {
      plain = domuimg_plain_new (place, domuimg_image_get_format (self->image),
                                 MAX (size, domuimg_resize_disk_get_size (self)), TRUE, error);
      disk = plain != NULL ? domuimg_region_ref (domuimg_plain_get_region (plain)) : NULL;
    }
  return disk != NULL && resize_content (self, disk, place, size, error)
         && (domuimg_region_sync (disk)
             || domuimg_set_errno (error, errno, "writing %s", get_path (self)));
}

static gboolean
resize_disk (DomuimgResizeDisk *self, const char *place, guint64 size, GError **error)
{
  if (self->kind->resize (place, size, self->cancellable, error))
    return TRUE;
  g_prefix_error (error, "%s: ", get_path (self));
  return FALSE;
}

/* What a volume's manager makes of it is not taken back: a volume cannot be made smaller safely, and one
 * that is larger than what is on it is whole. */
static gboolean
grow_in_place (DomuimgResizeDisk *self, guint64 *size, GError **error)
{
  gboolean is_larger = *size > domuimg_resize_disk_get_size (self);
  g_autoptr (DomuimgRegion) disk = NULL;

  if (is_larger && !resize_disk (self, get_path (self), *size, error))
    return FALSE;
  disk = domuimg_region_open (get_path (self), FALSE, error);
  if (disk == NULL)
    return FALSE;
  *size = domuimg_resize_round (disk->length);
  if (open_and_resize (self, get_path (self), *size, error))
    return TRUE;
  if (is_larger)
    g_prefix_error (error,
                    "%s has %" G_GUINT64_FORMAT " bytes now and keeps them, but what is on it has not"
                    " grown (to go on, resize it to that size): ",
                    get_path (self), disk->length);
  return FALSE;
}

gboolean
domuimg_resize_disk_run (DomuimgResizeDisk *self, DomuimgRepairWork *work, guint64 *size,
                         GError **error)
{
  gboolean is_shrinking = *size < domuimg_resize_disk_get_size (self);
  const char *place = domuimg_repair_work_file (work, get_path (self), error);

  if (place == NULL)
    return FALSE;
  if (domuimg_resize_disk_is_in_place (self))
    return grow_in_place (self, size, error);
  return (is_shrinking || resize_disk (self, place, *size, error))
         && open_and_resize (self, place, *size, error)
         && (!is_shrinking || resize_disk (self, place, *size, error));
}
