/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Filesystems that are made in a file beside the disk, and taken to their place at the end: those that a
 * kernel mounts to fill them, where the disk's bytes are not those of a file. */
#include "config.h"
#include "lib/build/step-layout.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"
#include "lib/fs/fs.h"

/* How large packages are is not known before they are installed; the file is sparse. */
#define PACKED_MIN ((guint64) 8 << 30)

static void
unref_region (gpointer region)
{
  if (region != NULL)
    domuimg_region_unref (region);
}

static guint
number_of (DomuimgBuildState *self, const DomuimgPart *part)
{
  guint i;

  g_ptr_array_find (self->plan->parts, part, &i);
  return i;
}

DomuimgRegion *
domuimg_build_get_aside (DomuimgBuildState *self, const DomuimgPart *part)
{
  return self->asides != NULL ? g_ptr_array_index (self->asides, number_of (self, part)) : NULL;
}

gboolean
domuimg_build_needs_aside (const DomuimgPart *part, const DomuimgRegion *place)
{
  const DomuimgFs *fs = domuimg_fs_find (part->fs);

  if (fs == NULL || part->mount == NULL)
    return FALSE;
  return domuimg_fs_is_packed (fs) || (place->back != NULL && fs->writer != NULL && fs->writer->needs_file);
}

/* What is packed later has a filesystem of ext first, with room for what is changed in it. */
static guint64
size_of (DomuimgBuildState *self, const DomuimgPart *part)
{
  const DomuimgFs *fs = domuimg_fs_find (part->fs);

  if (!domuimg_fs_is_packed (fs))
    return domuimg_build_get_extent (self, part)->length;
  return MAX (domuimg_fs_default_size (domuimg_fs_find_filled (fs), &self->usage), PACKED_MIN);
}

DomuimgRegion *
domuimg_build_make_aside (DomuimgBuildState *self, const DomuimgPart *part, GError **error)
{
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, part->disk);
  guint64 length = size_of (self, part);
  g_auto (DomuimgFd) fd = domuimg_unnamed_file (self->directory, error);
  DomuimgRegion *region;

  if (fd < 0)
    return NULL;
  if (ftruncate (fd, (off_t) length) != 0)
    {
      domuimg_set_errno (error, errno, "%s: making room for %s beside it", disk->path, part->mount);
      return NULL;
    }
  region = domuimg_region_new_for_fd (fd, disk->path, error);
  if (region == NULL)
    return NULL;
  if (self->asides == NULL)
    {
      self->asides = g_ptr_array_new_with_free_func (unref_region);
      g_ptr_array_set_size (self->asides, (int) self->plan->parts->len);
    }
  self->asides->pdata[number_of (self, part)] = region;
  return domuimg_region_ref (region);
}

/* What was probed there when it was still empty. */
static gboolean
show_aside (DomuimgBuildState *self, const DomuimgPart *part, DomuimgRegion *aside, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_volumes (
      domuimg_build_get_disk (self, part->disk)->image, error);

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (part->is_inside || volume->number != part->number || volume->lv != NULL)
        continue;
      volume->inside = domuimg_region_ref (aside);
      volume->fs = g_strdup (part->fs);
      volume->uuid = g_strdup (part->uuid);
      volume->label = g_strdup (part->label);
    }
  return volumes != NULL;
}

gboolean
domuimg_build_show_asides (DomuimgBuildState *self, GError **error)
{
  for (guint i = 0; self->asides != NULL && i < self->asides->len; i++)
    {
      DomuimgRegion *aside = g_ptr_array_index (self->asides, i);

      if (aside != NULL && !show_aside (self, g_ptr_array_index (self->plan->parts, i), aside, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_to (const DomuimgPart *part, DomuimgRegion *aside, const DomuimgRegion *place,
         GCancellable *cancellable, GError **error)
{
  const DomuimgFs *fs = domuimg_fs_find (part->fs);
  const DomuimgMkfs what = { .fs_type = part->fs, .label = part->label, .uuid = part->uuid };

  return domuimg_fs_is_packed (fs) ? fs->pack (&what, aside, place, cancellable, error)
                          : domuimg_mkfs_copy (aside->fd, place, error);
}

gboolean
domuimg_build_finish_asides (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; self->asides != NULL && i < self->asides->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->plan->parts, i);
      DomuimgRegion *aside = g_ptr_array_index (self->asides, i);
      g_autoptr (DomuimgRegion) place = NULL;

      if (aside == NULL)
        continue;
      place = domuimg_build_open_place (self, part, TRUE, error);
      if (place == NULL || g_cancellable_set_error_if_cancelled (cancellable, error)
          || !take_to (part, aside, place, cancellable, error))
        return FALSE;
    }
  g_clear_pointer (&self->asides, g_ptr_array_unref);
  return TRUE;
}
