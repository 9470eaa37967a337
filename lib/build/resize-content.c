/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives what is on a disk another size: its last partition, and the filesystem there. */
#include "config.h"
#include "lib/build/resize-content.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/copy-file.h"
#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/disk/layout.h"

static const char *
get_path (const DomuimgResizeContent *self)
{
  return domuimg_image_get_path (self->image);
}

guint64
domuimg_resize_content_find_length (const DomuimgResizeContent *self, guint64 size)
{
  guint64 end;

  if (self->volume->number == 0)
    return size;
  end = domuimg_table_round_end (domuimg_image_get_table (self->image), size);
  return end > self->volume->offset ? end - self->volume->offset : 0;
}

static gboolean
resize_region (const DomuimgResizeContent *self, DomuimgRegion *region, guint64 size,
               GError **error)
{
  const DomuimgMkfs what = { .fs_type = self->volume->fs,
                             .label = self->volume->label,
                             .uuid = self->volume->uuid };

  return self->fs == NULL || self->fs->resize (&what, region, size, self->cancellable, error);
}

static gboolean
copy_part (const DomuimgResizeContent *self, const DomuimgRegion *from, const DomuimgRegion *to,
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

/* Gives it @size bytes, in a file of its own. */
static gboolean
resize_partition (const DomuimgResizeContent *self, DomuimgRegion *region, guint64 size,
                  const char *copy, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (copy);
  g_auto (DomuimgFd) fd = domuimg_unnamed_file (directory, error);
  g_autoptr (DomuimgRegion) file = NULL;
  g_autoptr (DomuimgRegion) part = domuimg_region_new_part (region, 0, size);

  if (fd < 0)
    return FALSE;
  if (ftruncate (fd, (off_t) region->length) != 0)
    return domuimg_set_errno (error, errno, "resizing %s", region->name);
  file = domuimg_region_new_for_fd (fd, region->name, error);
  return file != NULL && copy_part (self, region, file, error)
         && resize_region (self, file, size, error) && punch (region, error)
         && copy_part (self, file, part, error);
}

/* The part of @disk that the filesystem may have then. */
static DomuimgRegion *
find_room (const DomuimgResizeContent *self, DomuimgRegion *disk, guint64 size, GError **error)
{
  DomuimgExtent extent = { 0, size };
  g_autoptr (DomuimgRegion) whole = domuimg_region_new_part (disk, 0, size);
  g_autoptr (DomuimgRegion) named = domuimg_region_new_named (whole, get_path (self));

  if (self->volume->number > 0 && !domuimg_table_grow (named, self->volume->number, &extent, error))
    return NULL;
  return domuimg_region_new_part (named, extent.offset, extent.length);
}

static gboolean
resize_in_room (const DomuimgResizeContent *self, DomuimgRegion *room, guint64 size,
                const char *place, GError **error)
{
  return self->volume->number > 0 && self->fs->resizes_files
             ? resize_partition (self, room, size, place, error)
             : resize_region (self, room, size, error);
}

static gboolean
grow_content (const DomuimgResizeContent *self, DomuimgRegion *disk, const char *place,
              guint64 size, GError **error)
{
  g_autoptr (DomuimgRegion) room = find_room (self, disk, size, error);

  return room != NULL
         && resize_in_room (self, room, self->volume->number > 0 ? room->length : size, place,
                            error);
}

/* The end of the disk is still there, and free when this is done. */
static gboolean
shrink_content (const DomuimgResizeContent *self, DomuimgRegion *disk, const char *place,
                guint64 size, GError **error)
{
  guint64 length = domuimg_resize_content_find_length (self, size);
  g_autoptr (DomuimgRegion) named = domuimg_region_new_named (disk, get_path (self));
  g_autoptr (DomuimgRegion) room
      = domuimg_region_new_part (named, self->volume->offset, self->volume->length);
  g_autoptr (DomuimgRegion) rest = domuimg_region_new_part (named, 0, size);

  return resize_in_room (self, room, length, place, error)
         && (self->volume->number == 0
             || domuimg_table_shrink (rest, self->volume->number, length, error));
}

gboolean
domuimg_resize_content_run (const DomuimgResizeContent *self, DomuimgRegion *disk,
                            const char *place, guint64 size, GError **error)
{
  return size < domuimg_image_get_size (self->image)
             ? shrink_content (self, disk, place, size, error)
             : grow_content (self, disk, place, size, error);
}
