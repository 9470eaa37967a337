/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes a disk that is converted larger, with its last partition and the filesystem in that. */
#include "config.h"
#include "lib/build/state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/sparse.h"
#include "lib/base/unnamed.h"
#include "lib/disk/layout.h"
#include "lib/fs/fs.h"

#define CHUNK 65536

typedef struct {
  DomuimgBuildState *build;
  DomuimgTransferDisk *disk;
  const DomuimgDiskSpec *spec;
  const DomuimgVolume *volume; /* the last one, whose end is the disk's */
  DomuimgRegion *whole;        /* all of the disk */
  GCancellable *cancellable;
} Growth;

static const DomuimgVolume *
find_last (GPtrArray *volumes)
{
  const DomuimgVolume *last = NULL;

  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (last == NULL || volume->offset > last->offset)
        last = volume;
    }
  return last;
}

static gboolean
has_fs (const DomuimgVolume *volume, const char *fs)
{
  return g_strcmp0 (volume->fs, fs) == 0;
}

/* What is not known, or is swap space, is not what somebody wants more of. */
static gboolean
check_last (Growth *self, GError **error)
{
  if (self->volume != NULL && self->volume->fs != NULL && !has_fs (self->volume, "swap"))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s cannot be made larger: what lies last on it is %s, and only that could grow;"
                       " leave out size=, and give the guest a further disk",
                       self->disk->name,
                       self->volume == NULL || self->volume->fs == NULL ? "nothing that is known"
                                                                        : "swap space");
}

/* e2fsck would replay a journal that somebody may still need on the old machine. */
static gboolean
check_clean (Growth *self, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgExtState) state
      = domuimg_image_get_ext_state (self->disk->image, self->volume, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (state == NULL || (state->clean && !state->has_errors))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: the filesystem that is to grow was not left cleanly; start the system on"
                       " the old machine and shut it down, or run e2fsck on it there",
                       self->disk->name);
}

/* Writes what differs: the overlay that takes the changes gets nothing else. */
static gboolean
write_changes (const DomuimgRegion *from, DomuimgRegion *to, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *now = g_malloc (CHUNK);
  g_autofree guint8 *before = g_malloc (CHUNK);
  off_t at = 0;

  while ((at = lseek (from->fd, at, SEEK_DATA)) >= 0 && (guint64) at < to->length)
    {
      guint64 start = (guint64) at & ~(guint64) (CHUNK - 1);
      gsize length = MIN (CHUNK, to->length - start);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!domuimg_region_read_all (from, start, now, length)
          || !domuimg_region_read_all (to, start, before, length)
          || (memcmp (now, before, length) != 0 && !domuimg_region_write (to, start, now, length)))
        return domuimg_set_errno (error, errno, "making the filesystem in %s larger", to->name);
      at = (off_t) (start + length);
    }
  return at >= 0 || errno == ENXIO
         || domuimg_set_errno (error, errno, "making the filesystem in %s larger", to->name);
}

/* The disk is seen through FUSE, which tells nothing of holes and shares no blocks. */
static gboolean
copy_out (Growth *self, const DomuimgRegion *from, int to, GError **error)
{
  g_autofree guint8 *chunk = g_malloc (CHUNK);

  for (guint64 at = 0; at < self->volume->length; at += CHUNK)
    {
      gsize length = MIN (CHUNK, self->volume->length - at);

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      if (!domuimg_region_read_all (from, at, chunk, length)
          || !domuimg_sparse_write (to, chunk, length, at))
        return domuimg_set_errno (error, errno, "making room for what is in %s", from->name);
    }
  return TRUE;
}

/* In a file of its own, since resize2fs takes where a file ends for the end of the filesystem. */
static gboolean
grow_filesystem (Growth *self, const DomuimgFs *fs, DomuimgRegion *room, GError **error)
{
  const DomuimgMkfs what
      = { .fs_type = self->volume->fs, .label = self->volume->label, .uuid = self->volume->uuid };
  g_auto (DomuimgFd) fd = domuimg_unnamed_file (self->build->work_directory, error);
  g_autoptr (DomuimgRegion) file = NULL;

  if (fd < 0)
    return FALSE;
  if (ftruncate (fd, (off_t) room->length) != 0)
    return domuimg_set_errno (error, errno, "making room for %s", room->name);
  file = domuimg_region_new_for_fd (fd, room->name, error);
  return file != NULL && copy_out (self, room, fd, error)
         && fs->resize (&what, file, room->length, self->cancellable, error)
         && write_changes (file, room, self->cancellable, error);
}

static const char *
hint_for (const char *fs)
{
  static const char *const hints[][2] = { { "xfs", "xfs_growfs" },
                                          { "btrfs", "btrfs filesystem resize max" },
                                          { "LVM2_member", "pvresize and lvextend -r" },
                                          { "crypto_LUKS", "cryptsetup resize" } };

  for (guint i = 0; i < G_N_ELEMENTS (hints); i++)
    if (g_str_equal (fs, hints[i][0]))
      return hints[i][1];
  return "its own program";
}

static char *
name_volume (Growth *self)
{
  return domuimg_device_name_volume (self->spec->vdev, self->volume);
}

static void
tell (Growth *self, guint64 length, gboolean has_grown)
{
  g_autofree char *name = name_volume (self);
  g_autofree char *size = g_format_size_full (length, G_FORMAT_SIZE_IEC_UNITS);

  if (has_grown)
    g_ptr_array_add (self->build->changes,
                     g_strdup_printf ("made %s and its %s %s large", name, self->volume->fs, size));
  else
    domuimg_build_note_loss (self->build, "%s is %s large now, and what is in it (%s) is not: it grows"
                             " in the guest, by %s", name, size, self->volume->fs,
                             hint_for (self->volume->fs));
}

static gboolean
grow_volume (Growth *self, GError **error)
{
  DomuimgExtent extent = { 0, self->disk->size };
  const DomuimgFs *fs = domuimg_fs_find (self->volume->fs);
  gboolean can_grow = fs != NULL && fs->resize != NULL;
  g_autoptr (DomuimgRegion) room = NULL;

  if (self->volume->number > 0
      && !domuimg_table_grow (self->whole, self->volume->number, &extent, error))
    return FALSE;
  room = domuimg_region_new_part (self->whole, extent.offset, extent.length);
  if (can_grow && !grow_filesystem (self, fs, room, error))
    return FALSE;
  tell (self, extent.length, can_grow);
  return TRUE;
}

static gboolean
open_whole (Growth *self, GError **error)
{
  g_autoptr (DomuimgRegion) part = domuimg_image_get_region (self->disk->image, self->volume);

  if (part == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s cannot be made larger: its filesystem does not lie in one piece",
                         self->disk->name);
  self->whole = domuimg_region_new_for_fd (part->fd, self->disk->name, error);
  return self->whole != NULL;
}

static gboolean
grow_disk (DomuimgBuildState *build, guint i, GCancellable *cancellable, GError **error)
{
  Growth self = { .build = build,
                  .disk = g_ptr_array_index (build->transfer->disks, i),
                  .spec = domuimg_plan_get_disk (build->plan, i),
                  .cancellable = cancellable };
  GPtrArray *volumes = domuimg_image_list_partitions (self.disk->image, error);
  gboolean ok;

  if (volumes == NULL)
    return FALSE;
  self.volume = find_last (volumes);
  if (!check_last (&self, error) || !check_clean (&self, error) || !open_whole (&self, error))
    return FALSE;
  ok = grow_volume (&self, error);
  domuimg_region_unref (self.whole);
  /* It has another table now. */
  return ok && domuimg_transfer_reopen (build->transfer, i, error);
}

gboolean
domuimg_build_step_grow (DomuimgBuildState *self, DomuimgProgress *progress, GCancellable *cancellable,
                         GError **error)
{
  for (guint i = 0; i < self->plan->disks->len; i++)
    {
      const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

      if (disk->grown_from == 0)
        continue;
      domuimg_progress_set_message (progress, "Making %s larger", disk->vdev);
      if (!grow_disk (self, i, cancellable, error))
        return FALSE;
    }
  return TRUE;
}
