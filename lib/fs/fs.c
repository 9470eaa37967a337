/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of filesystems. */
#include "config.h"
#include "lib/fs/fs.h"

#include "lib/fs/ext/tree.h"
#include "lib/fs/ext/writer.h"
#include "lib/fs/uml/fill.h"
#include "lib/tree/faults.h"

static DomuimgTree *
fill_ext (DomuimgRegion *region, const DomuimgFsContent *content, GCancellable *cancellable,
          GError **error)
{
  return domuimg_ext_write_stream (region, content->stream, content->usage, content->progress,
                                   cancellable, error);
}

static DomuimgTree *
fill_xfs (DomuimgRegion *region, const DomuimgFsContent *content, GCancellable *cancellable,
          GError **error)
{
  return domuimg_uml_write_stream (region, "xfs", content, cancellable, error);
}

static DomuimgTree *
fill_btrfs (DomuimgRegion *region, const DomuimgFsContent *content, GCancellable *cancellable,
            GError **error)
{
  return domuimg_uml_write_stream (region, "btrfs", content, cancellable, error);
}

static DomuimgTree *
fill_f2fs (DomuimgRegion *region, const DomuimgFsContent *content, GCancellable *cancellable,
           GError **error)
{
  return domuimg_uml_write_stream (region, "f2fs", content, cancellable, error);
}

/* What is written in one pass has extents: ext2 and ext3 are for further disks, that begin empty. */
static const DomuimgFs filesystems[] = {
  { "ext4", domuimg_mkfs_min_size, domuimg_mkfs_run, fill_ext, domuimg_tree_ext_open },
  { "ext3", domuimg_mkfs_min_size, domuimg_mkfs_run, NULL, domuimg_tree_ext_open },
  { "ext2", domuimg_mkfs_min_size, domuimg_mkfs_run, NULL, domuimg_tree_ext_open },
  { "xfs", domuimg_mkfs_xfs_min_size, domuimg_mkfs_run_other, fill_xfs, NULL },
  { "btrfs", domuimg_mkfs_btrfs_min_size, domuimg_mkfs_run_other, fill_btrfs, NULL },
  { "f2fs", domuimg_mkfs_f2fs_min_size, domuimg_mkfs_run_other, fill_f2fs, NULL },
  { "swap", NULL, domuimg_mkfs_run, NULL, NULL },
};

const DomuimgFs *
domuimg_fs_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (filesystems); i++)
    if (g_strcmp0 (filesystems[i].name, name) == 0)
      return &filesystems[i];
  return NULL;
}

guint64
domuimg_fs_min_size (const DomuimgFs *fs, const DomuimgUsage *usage)
{
  return fs->get_min_size (usage);
}

guint64
domuimg_fs_default_size (const DomuimgFs *fs, const DomuimgUsage *usage)
{
  return domuimg_mkfs_default_size (fs->get_min_size (usage));
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

  if (DOMUIMG_IS_TREE_EXT (owned))
    return domuimg_tree_ext_close (DOMUIMG_TREE_EXT (owned), ok ? error : NULL) && ok;
  return domuimg_appliance_close_tree (owned, ok ? error : NULL) && ok;
}
