/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Divides the disks of a new guest, and makes the empty filesystems on them. */
#include "config.h"
#include "lib/build/step-layout.h"

#include "lib/build/plan-import.h"
#include "lib/domain/model/vdev.h"
#include "lib/fs/fs.h"
#include "lib/image/devices.h"
#include "lib/tree/mount.h"

const DomuimgExtent *
domuimg_build_get_extent (DomuimgBuildState *self, const DomuimgPart *part)
{
  guint i;

  g_ptr_array_find (self->plan->parts, part, &i);
  return &g_array_index (self->extents, DomuimgExtent, i);
}

guint64
domuimg_build_to_disk_size (DomuimgBuildState *self, guint64 root)
{
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self->plan, 0);

  return domuimg_layout_add_up (domuimg_plan_get_layout (self->plan, 0), parts, root);
}

guint64
domuimg_build_to_root_size (DomuimgBuildState *self, guint64 disk)
{
  const DomuimgLayout *layout = domuimg_plan_get_layout (self->plan, 0);
  guint64 others = domuimg_build_to_disk_size (self, 0);
  guint64 size = domuimg_layout_round_size (layout, disk);

  return size > others ? size - others : 0;
}

guint64
domuimg_build_get_disk_size (DomuimgBuildState *self, guint i)
{
  if (i == 0)
    return domuimg_build_to_disk_size (self, self->root_size);
  return domuimg_layout_round_size (domuimg_plan_get_layout (self->plan, i),
                                    domuimg_plan_get_disk (self->plan, i)->size);
}

/* Where each part lies, now that the size of the root is known. */
static gboolean
place_parts (DomuimgBuildState *self, guint i, GError **error)
{
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self->plan, i);
  g_autofree DomuimgExtent *extents = g_new0 (DomuimgExtent, parts->len);
  guint64 size = domuimg_build_get_disk_size (self, i);

  if (!domuimg_layout_place (domuimg_plan_get_layout (self->plan, i), parts, size, extents))
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "disk %s: nothing is left for %s on %" G_GUINT64_FORMAT
                         " MiB; use a larger size=",
                         domuimg_plan_get_disk (self->plan, i)->vdev,
                         i == 0 ? "the root" : "a filesystem", size / 1048576);
  g_array_append_vals (self->extents, extents, parts->len);
  return TRUE;
}

const char *
domuimg_build_get_architecture (DomuimgPlan *plan)
{
#if defined __x86_64__
  const char *own = "amd64";
#elif defined __aarch64__
  const char *own = "arm64";
#else
  const char *own = "other";
#endif

  return domuimg_plan_get (plan, "arch", own);
}

/* (element-type DomuimgPart) Those that are in the partition table, which come first. */
static GPtrArray *
list_outer (DomuimgPlan *plan, guint i)
{
  GPtrArray *parts = domuimg_plan_list_parts (plan, i);
  guint n = 0;

  while (n < parts->len && !((const DomuimgPart *) g_ptr_array_index (parts, n))->is_inside)
    n++;
  g_ptr_array_set_size (parts, n);
  return parts;
}

static gboolean
write_table (DomuimgBuildState *self, guint i, const DomuimgRegion *disk, GError **error)
{
  const DomuimgLayout *layout = domuimg_plan_get_layout (self->plan, i);
  g_autoptr (GPtrArray) parts = list_outer (self->plan, i);
  g_autofree char *what = g_strdup_printf ("disk/%u/table", i);
  g_autofree char *uuid = domuimg_plan_make_uuid (self->plan, what);
  const DomuimgTable table = { uuid, domuimg_build_get_architecture (self->plan), parts,
                               domuimg_build_get_extent (self, g_ptr_array_index (parts, 0)) };

  return layout->write == NULL || layout->write (&table, disk, error);
}

DomuimgRegion *
domuimg_build_open_part (DomuimgBuildState *self, const DomuimgPart *part, gboolean writable,
                         GError **error)
{
  DomuimgRegion *aside = domuimg_build_get_aside (self, part);

  return aside != NULL ? domuimg_region_ref (aside)
                       : domuimg_build_open_place (self, part, writable, error);
}

DomuimgRegion *
domuimg_build_open_place (DomuimgBuildState *self, const DomuimgPart *part, gboolean writable,
                         GError **error)
{
  const DomuimgExtent *extent = domuimg_build_get_extent (self, part);
  g_autoptr (DomuimgRegion) disk
      = part->is_inside ? domuimg_region_ref (self->inside)
                        : domuimg_build_open_region (self, part->disk, writable, error);

  return disk != NULL ? domuimg_region_new_part (disk, extent->offset, extent->length) : NULL;
}

/* A root of many small files needs more than the usual number. */
static guint64
count_inodes (DomuimgBuildState *self, const DomuimgPart *part, guint64 size)
{
  guint64 entries = self->usage.entries;

  if (part->inodes > 0 || part->role != DOMUIMG_PART_ROOT || entries == 0)
    return part->inodes;
  return MAX (size / 16384, entries + entries / 4 + 1024);
}

static gboolean
make_filesystem (DomuimgBuildState *self, const DomuimgPart *part, DomuimgRegion *disk,
                 GCancellable *cancellable, GError **error)
{
  const DomuimgExtent *extent = domuimg_build_get_extent (self, part);
  g_autoptr (DomuimgRegion) region = domuimg_region_new_part (
      part->is_inside ? self->inside : disk, extent->offset, extent->length);
  g_autoptr (DomuimgRegion) aside = NULL;
  const DomuimgFs *fs = domuimg_fs_find (part->fs);
  const DomuimgFs *filled = fs != NULL ? domuimg_fs_find_filled (fs) : NULL;
  const DomuimgMkfs mkfs = { .fs_type = filled != NULL ? filled->name : part->fs,
                             .label = part->label,
                             .uuid = part->uuid != NULL ? part->uuid : self->plan->uuid,
                             .features = part->features,
                             .reserved = part->reserved,
                             .inodes = count_inodes (self, part, extent->length) };

  if (fs == NULL)
    return TRUE;
  if (domuimg_build_needs_aside (part, region))
    {
      aside = domuimg_build_make_aside (self, part, error);
      return aside != NULL && filled->make (&mkfs, aside, cancellable, error);
    }
  return fs->make (&mkfs, region, cancellable, error);
}

/* A volume is as large as its manager makes it, which is more than was asked for here and there: the root
 * takes the rest. */
static gboolean
take_size (DomuimgBuildState *self, guint i, const DomuimgRegion *disk, GError **error)
{
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self->plan, i);

  if (i > 0 || domuimg_build_to_root_size (self, disk->length) <= self->root_size)
    return TRUE;
  self->root_size = domuimg_build_to_root_size (self, disk->length);
  g_array_set_size (self->extents, self->extents->len - parts->len);
  return place_parts (self, i, error);
}

static gboolean
make_disk (DomuimgBuildState *self, guint i, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) parts = domuimg_plan_list_parts (self->plan, i);
  g_autoptr (DomuimgRegion) disk = NULL;

  if (!place_parts (self, i, error)
      || !domuimg_build_begin_disk (self, i, domuimg_build_get_disk_size (self, i), cancellable,
                                    error))
    return FALSE;
  disk = domuimg_build_open_region (self, i, TRUE, error);
  if (disk == NULL || !take_size (self, i, disk, error) || !write_table (self, i, disk, error))
    return FALSE;
  for (guint j = 0; j < parts->len; j++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, j);

      if (part->role == DOMUIMG_PART_HOLDER
              ? !domuimg_build_make_holder (self, part, disk, error)
              : !make_filesystem (self, part, disk, cancellable, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_build_make_disks (DomuimgBuildState *self, GCancellable *cancellable, GError **error)
{
  self->extents = g_array_new (FALSE, TRUE, sizeof (DomuimgExtent));
  for (guint i = domuimg_plan_count_converted (self->plan); i < self->plan->disks->len; i++)
    if (!make_disk (self, i, cancellable, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_build_step_added_disks (DomuimgBuildState *self, DomuimgProgress *progress,
                                GCancellable *cancellable, GError **error)
{
  return domuimg_build_make_disks (self, cancellable, error);
}

/* (nullable) The volume that the part has become. */
static const DomuimgVolume *
find_volume (DomuimgBuildState *self, const DomuimgPart *part, GError **error)
{
  DomuimgImage *image = domuimg_build_get_disk (self, part->disk)->image;
  GPtrArray *volumes = domuimg_image_list_volumes (image, error);
  g_autofree char *disk = domuimg_vdev_linux_name (domuimg_plan_get_disk (self->plan, part->disk)->vdev);
  g_autofree char *name = domuimg_plan_name_part (self->plan, part);

  for (guint i = 0; volumes != NULL && i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      g_autofree char *own = domuimg_device_name_volume (disk, volume);

      if (g_str_equal (own, name))
        return volume;
    }
  if (volumes != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s: %s is not where it was made",
                  domuimg_image_get_path (image), name);
  return NULL;
}

/* The files of a part: what was filled, or else what is empty. */
static DomuimgTree *
open_tree (DomuimgBuildState *self, const DomuimgPart *part, guint i, DomuimgDivide *divide,
           GCancellable *cancellable, GError **error)
{
  const DomuimgFs *fs = domuimg_fs_find (part->fs);
  g_autoptr (DomuimgRegion) region = NULL;

  if (part->role == DOMUIMG_PART_ROOT)
    return g_object_ref (self->tree);
  if (part->role != DOMUIMG_PART_ESP)
    return domuimg_divide_finish (divide, i, cancellable, error);
  region = domuimg_build_open_part (self, part, TRUE, error);
  return region != NULL ? fs->open (region, TRUE, error) : NULL;
}

static gboolean
is_mounted (const DomuimgPart *part)
{
  const DomuimgFs *fs = domuimg_fs_find (part->fs);

  return part->mount != NULL && fs != NULL
         && (fs->open != NULL || fs->writer != NULL || domuimg_fs_is_packed (fs));
}

static gboolean
add_mount (DomuimgBuildState *self, const DomuimgPart *part, DomuimgTree *tree, GError **error)
{
  g_autofree char *name = domuimg_plan_name_part (self->plan, part);
  const DomuimgVolume *volume = find_volume (self, part, error);

  if (volume == NULL)
    return FALSE;
  domuimg_build_add_mount (self, domuimg_build_get_disk (self, part->disk)->image, volume, name,
                           g_object_ref (tree));
  return TRUE;
}

/* The root is what is mounted first, and what is mounted in another filesystem comes behind that. */
static gint
compare_mounts (gconstpointer a, gconstpointer b)
{
  const DomuimgPart *const *left = a;
  const DomuimgPart *const *right = b;

  return g_strcmp0 ((*left)->mount, (*right)->mount);
}

/* (element-type DomuimgPart) (transfer container) Filesystems with a place in the guest. */
static GPtrArray *
list_mounted (DomuimgBuildState *self)
{
  GPtrArray *parts = g_ptr_array_new ();

  for (guint i = 0; i < self->plan->parts->len; i++)
    if (is_mounted (g_ptr_array_index (self->plan->parts, i)))
      g_ptr_array_add (parts, g_ptr_array_index (self->plan->parts, i));
  g_ptr_array_sort (parts, compare_mounts);
  return parts;
}

gboolean
domuimg_build_is_divided (DomuimgBuildState *self)
{
  g_autoptr (GPtrArray) parts = list_mounted (self);

  for (guint i = 1; i < parts->len; i++)
    if (((const DomuimgPart *) g_ptr_array_index (parts, i))->role != DOMUIMG_PART_ESP)
      return TRUE;
  return FALSE;
}

/* What a stream has for the ESP is a distribution's own boot loader; it gets another one. */
DomuimgDivide *
domuimg_build_divide (DomuimgBuildState *self, DomuimgStream *stream, GError **error)
{
  g_autoptr (GPtrArray) parts = list_mounted (self);
  g_autoptr (DomuimgDivide) divide = domuimg_divide_new (stream);

  for (guint i = 1; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);
      g_autoptr (DomuimgRegion) region = NULL;

      if (part->role == DOMUIMG_PART_ESP)
        continue;
      region = domuimg_build_open_part (self, part, TRUE, error);
      if (region == NULL
          || !domuimg_divide_add (divide, part->mount, region, domuimg_fs_find (part->fs), error))
        return NULL;
    }
  return g_steal_pointer (&divide);
}

/* Puts the others into the tree of the root, which has a directory for each. */
static gboolean
mount_all (DomuimgBuildState *self, const GPtrArray *parts, GError **error)
{
  for (guint i = 1; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);
      const DomuimgBuildMount *mount = g_ptr_array_index (self->mounts, i);
      g_autoptr (DomuimgTree) below = g_object_ref (self->tree);

      if (!domuimg_tree_mkdir_p (below, part->mount, 0755, error))
        return FALSE;
      g_object_unref (self->tree);
      self->tree = domuimg_tree_mount_new (below, part->mount + 1, mount->tree);
      if (part->role == DOMUIMG_PART_BOOT)
        self->boot_tree = mount->tree;
    }
  return TRUE;
}

gboolean
domuimg_build_open_made (DomuimgBuildState *self, DomuimgDivide *divide, GCancellable *cancellable,
                         GError **error)
{
  g_autoptr (GPtrArray) parts = list_mounted (self);
  g_autoptr (GPtrArray) trees = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0, n = 0; i < parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (parts, i);
      DomuimgTree *tree = open_tree (self, part, n, divide, cancellable, error);

      if (tree == NULL)
        return FALSE;
      g_ptr_array_add (trees, tree);
      n += part->role != DOMUIMG_PART_ROOT && part->role != DOMUIMG_PART_ESP;
    }
  for (guint i = 0; i < self->disks->len; i++)
    if (!domuimg_build_open_disk (self, i, error))
      return FALSE;
  if (!domuimg_build_show_inside (self, error) || !domuimg_build_show_asides (self, error))
    return FALSE;
  for (guint i = 0; i < parts->len; i++)
    if (!add_mount (self, g_ptr_array_index (parts, i), g_ptr_array_index (trees, i), error))
      return FALSE;
  return mount_all (self, parts, error);
}
