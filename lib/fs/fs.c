/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of filesystems. */
#include "config.h"
#include "lib/fs/fs.h"

#include "lib/fs/ext/tools.h"
#include "lib/fs/ext/tree.h"
#include "lib/fs/ext/writer.h"
#include "lib/fs/fat/tree.h"
#include "lib/fs/pack.h"
#include "lib/fs/uml/fill.h"
#include "lib/fs/uml/grow.h"
#include "lib/tree/faults.h"

static gboolean
resize_ext (const DomuimgMkfs *what, DomuimgRegion *region, guint64 size,
            GCancellable *cancellable, GError **error)
{
  return domuimg_ext_resize (region, size, cancellable, error);
}

/* Nothing in it is to be kept while its guest does not run. */
static gboolean
resize_swap (const DomuimgMkfs *what, DomuimgRegion *region, guint64 size,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgRegion) part = domuimg_region_new_part (region, 0, size);

  return domuimg_mkfs_run (what, part, cancellable, error);
}

static gboolean
grow_other (const DomuimgMkfs *what, DomuimgRegion *region, guint64 size,
            GCancellable *cancellable, GError **error)
{
  return !g_cancellable_set_error_if_cancelled (cancellable, error)
         && domuimg_uml_grow (region, what->fs_type, size, error);
}

static gboolean
fail_to_shrink (const char *fs, const DomuimgRegion *region, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s holds %s, which can only be made larger", region->name, fs);
}

static gboolean
get_least_xfs (const DomuimgRegion *region, guint64 *size, GCancellable *cancellable,
               GError **error)
{
  return fail_to_shrink ("xfs", region, error);
}

static gboolean
get_least_btrfs (const DomuimgRegion *region, guint64 *size, GCancellable *cancellable,
                 GError **error)
{
  return fail_to_shrink ("btrfs", region, error);
}

static gpointer
begin_ext (const char *fs, DomuimgRegion *region, gboolean is_root, DomuimgStream *stream,
           GError **error)
{
  return domuimg_ext_writer_new (region, stream, error);
}

static gboolean
add_ext (gpointer writer, const DomuimgEntry *entry, GError **error)
{
  return domuimg_ext_writer_add (writer, entry, error);
}

static DomuimgTree *
finish_ext (gpointer writer, GCancellable *cancellable, GError **error)
{
  return domuimg_ext_writer_finish (writer, cancellable, error);
}

static void
free_ext (gpointer writer)
{
  domuimg_ext_writer_free (writer);
}

static const DomuimgFsWriter ext_writer = { begin_ext, add_ext, finish_ext, free_ext };

static gpointer
begin_other (const char *fs, DomuimgRegion *region, gboolean is_root, DomuimgStream *stream,
             GError **error)
{
  return domuimg_uml_writer_new (region, fs, is_root, stream, error);
}

static gboolean
add_other (gpointer writer, const DomuimgEntry *entry, GError **error)
{
  return domuimg_uml_writer_add (writer, entry, error);
}

static DomuimgTree *
finish_other (gpointer writer, GCancellable *cancellable, GError **error)
{
  return domuimg_uml_writer_finish (writer, error);
}

static void
free_other (gpointer writer)
{
  domuimg_uml_writer_free (writer);
}

static const DomuimgFsWriter other_writer
    = { begin_other, add_other, finish_other, free_other, TRUE };

static const DomuimgFs filesystems[] = {
  { "ext4", domuimg_mkfs_min_size, domuimg_mkfs_run, domuimg_tree_ext_open, &ext_writer, resize_ext,
    domuimg_ext_get_least_size, TRUE },
  { "ext3", domuimg_mkfs_min_size, domuimg_mkfs_run, domuimg_tree_ext_open, &ext_writer, resize_ext,
    domuimg_ext_get_least_size, TRUE },
  { "ext2", domuimg_mkfs_min_size, domuimg_mkfs_run, domuimg_tree_ext_open, &ext_writer, resize_ext,
    domuimg_ext_get_least_size, TRUE },
  { "xfs", domuimg_mkfs_xfs_min_size, domuimg_mkfs_run_other, NULL, &other_writer, grow_other,
    get_least_xfs, FALSE },
  { "btrfs", domuimg_mkfs_btrfs_min_size, domuimg_mkfs_run_other, NULL, &other_writer, grow_other,
    get_least_btrfs, FALSE },
  { "f2fs", domuimg_mkfs_f2fs_min_size, domuimg_mkfs_run_other, NULL, &other_writer, NULL, NULL, FALSE },
  { .name = "erofs", .get_min_size = domuimg_pack_min_size, .pack = domuimg_pack_erofs },
  { .name = "squashfs", .get_min_size = domuimg_pack_min_size, .pack = domuimg_pack_squashfs,
    .has_no_uuid = TRUE },
  { "vfat", NULL, domuimg_mkfs_run, domuimg_tree_fat_open, NULL, NULL, NULL, FALSE },
  { "swap", NULL, domuimg_mkfs_run, NULL, NULL, resize_swap, NULL, FALSE },
};

const DomuimgFs *
domuimg_fs_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (filesystems); i++)
    if (g_strcmp0 (filesystems[i].name, name) == 0)
      return &filesystems[i];
  return NULL;
}

gboolean
domuimg_fs_is_packed (const DomuimgFs *self)
{
  return self != NULL && self->pack != NULL;
}

gboolean
domuimg_fs_has_no_uuid (const DomuimgFs *self)
{
  return self != NULL && self->has_no_uuid;
}

const DomuimgFs *
domuimg_fs_find_filled (const DomuimgFs *self)
{
  return domuimg_fs_is_packed (self) ? domuimg_fs_find ("ext4") : self;
}

guint64
domuimg_fs_min_size (const DomuimgFs *fs, const DomuimgUsage *usage)
{
  return fs->get_min_size (usage);
}

guint64
domuimg_fs_default_size (const DomuimgFs *fs, const DomuimgUsage *usage)
{
  /* Nobody lives in what is only read. */
  return domuimg_fs_is_packed (fs) ? fs->get_min_size (usage)
                                   : domuimg_mkfs_default_size (fs->get_min_size (usage));
}

DomuimgTree *
domuimg_fs_open_tree (const DomuimgFsPlace *place, gboolean writable, GError **error)
{
  const DomuimgFs *fs = domuimg_fs_find (place->there.fs);

  if (fs != NULL && fs->open != NULL && place->region != NULL)
    return fs->open (place->region, writable, error);
  return domuimg_appliance_open_tree (place->appliance, &place->there, writable, error);
}

gboolean
domuimg_fs_flush_tree (DomuimgTree *tree, GError **error)
{
  if (DOMUIMG_IS_TREE_FAT (tree))
    return domuimg_tree_fat_flush (DOMUIMG_TREE_FAT (tree), error);
  if (DOMUIMG_IS_TREE_EXT (tree))
    return domuimg_tree_ext_flush (DOMUIMG_TREE_EXT (tree), error);
  return domuimg_appliance_flush_tree (tree, error);
}

gboolean
domuimg_fs_close_tree (DomuimgTree *tree, GError **error)
{
  g_autoptr (DomuimgTree) owned = tree;
  /* What was changed was decided by what could be read. */
  gboolean ok = domuimg_tree_check_faults (owned, error);

  if (DOMUIMG_IS_TREE_FAT (owned))
    return domuimg_tree_fat_flush (DOMUIMG_TREE_FAT (owned), ok ? error : NULL) && ok;
  if (DOMUIMG_IS_TREE_EXT (owned))
    return domuimg_tree_ext_close (DOMUIMG_TREE_EXT (owned), ok ? error : NULL) && ok;
  return domuimg_appliance_close_tree (owned, ok ? error : NULL) && ok;
}
