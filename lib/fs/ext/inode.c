/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes, changes and frees the inodes of an ext filesystem. */
#include "config.h"
#include "lib/fs/ext/fs.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define EXTRA_SIZE (sizeof (struct ext2_inode_large) - EXT2_GOOD_OLD_INODE_SIZE)
#define EXTENTS_IN_INODE 4

int
domuimg_ext_file_type (DomuimgEntryType type)
{
  switch (type)
    {
    case DOMUIMG_ENTRY_FILE:
    case DOMUIMG_ENTRY_HARD_LINK:
      return EXT2_FT_REG_FILE;
    case DOMUIMG_ENTRY_DIRECTORY:
      return EXT2_FT_DIR;
    case DOMUIMG_ENTRY_SYMLINK:
      return EXT2_FT_SYMLINK;
    case DOMUIMG_ENTRY_CHAR_DEVICE:
      return EXT2_FT_CHRDEV;
    case DOMUIMG_ENTRY_BLOCK_DEVICE:
      return EXT2_FT_BLKDEV;
    case DOMUIMG_ENTRY_FIFO:
      return EXT2_FT_FIFO;
    case DOMUIMG_ENTRY_SOCKET:
      return EXT2_FT_SOCK;
    }
  return EXT2_FT_UNKNOWN;
}

gboolean
domuimg_ext_new_inode (DomuimgExtFs *self, gboolean directory, ext2_ino_t *ino, GError **error)
{
  ext2_filsys fs = self->fs;
  errcode_t code;

  code = ext2fs_find_first_zero_inode_bitmap2 (fs->inode_map, EXT2_FIRST_INO (fs->super),
                                               fs->super->s_inodes_count, ino);
  if (code != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                         "%s: all %u inodes are used; give the disk a larger size, or inodes=",
                         self->region->name, fs->super->s_inodes_count);
  ext2fs_inode_alloc_stats2 (fs, *ino, +1, directory);
  return TRUE;
}

/* File data goes past libext2fs's cache. A dirty block that it holds of something freed
 * must not be written later over data that got the block since. What libext2fs calls a flush
 * would wait for the disk, too, with all the data that is on its way there: a cache of blocks of
 * another size starts empty. */
errcode_t
domuimg_ext_write_cache (DomuimgExtFs *self)
{
  int size = (int) self->fs->blocksize;
  errcode_t code = io_channel_set_blksize (self->fs->io, 2 * size);

  return code != 0 ? code : io_channel_set_blksize (self->fs->io, size);
}

static gboolean
flush_cache (DomuimgExtFs *self, GError **error)
{
  errcode_t code = domuimg_ext_write_cache (self);

  if (code != 0)
    return domuimg_ext_fail (self, code, error, "writing metadata");
  return TRUE;
}

gboolean
domuimg_ext_free_inode (DomuimgExtFs *self, ext2_ino_t ino, GError **error)
{
  struct ext2_inode inode;
  errcode_t code;

  if (!domuimg_ext_flush_data (self, error))
    return FALSE;
  code = ext2fs_read_inode (self->fs, ino, &inode);
  if (code == 0)
    code = ext2fs_free_ext_attr (self->fs, ino, NULL);
  if (code == 0 && ext2fs_inode_has_valid_blocks2 (self->fs, &inode))
    code = ext2fs_punch (self->fs, ino, NULL, NULL, 0, ~0ULL);
  if (code == 0)
    code = ext2fs_read_inode (self->fs, ino, &inode);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "freeing inode %u", ino);

  inode.i_links_count = 0;
  inode.i_dtime = self->now.sec;
  code = ext2fs_write_inode (self->fs, ino, &inode);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "freeing inode %u", ino);
  ext2fs_inode_alloc_stats2 (self->fs, ino, -1, LINUX_S_ISDIR (inode.i_mode));
  return flush_cache (self, error);
}

/* Low 32 bits of the seconds in the old field; the "extra" field has two more bits of
 * them below 30 bits of nanoseconds. */
static guint32
time_extra (DomuimgTime time)
{
  gint64 epoch = (time.sec - (gint32) time.sec) >> 32;

  return (time.nsec << 2) | (epoch & 3);
}

static void
fill_common (DomuimgExtFs *self, DomuimgExtInode *inode, const DomuimgEntry *entry)
{
  inode->base.i_mode = domuimg_entry_get_st_mode (entry);
  inode->base.i_uid = entry->uid;
  inode->base.i_gid = entry->gid;
  ext2fs_set_i_uid_high (inode->base, entry->uid >> 16);
  ext2fs_set_i_gid_high (inode->base, entry->gid >> 16);
  inode->base.i_mtime = entry->mtime.sec;
  inode->base.i_ctime = self->now.sec;
  if (EXT2_INODE_SIZE (self->fs->super) < sizeof (struct ext2_inode_large))
    return;
  inode->large.i_mtime_extra = time_extra (entry->mtime);
  inode->large.i_ctime_extra = time_extra (self->now);
}

static void
fill_times_of_birth (DomuimgExtFs *self, DomuimgExtInode *inode)
{
  inode->base.i_atime = self->now.sec;
  if (EXT2_INODE_SIZE (self->fs->super) < sizeof (struct ext2_inode_large))
    return;
  inode->large.i_extra_isize = EXTRA_SIZE;
  inode->large.i_atime_extra = time_extra (self->now);
  inode->large.i_crtime = self->now.sec;
  inode->large.i_crtime_extra = time_extra (self->now);
}

/* Encodes a device number like the kernel's old_encode_dev and new_encode_dev. */
static void
fill_device (DomuimgExtInode *inode, guint32 major_number, guint32 minor_number)
{
  if (major_number < 256 && minor_number < 256)
    inode->base.i_block[0] = major_number << 8 | minor_number;
  else
    inode->base.i_block[1]
        = (minor_number & 0xff) | (major_number << 8) | ((minor_number & ~0xffu) << 12);
}

static guint64
count_blocks (const GArray *runs)
{
  guint64 blocks = 0;

  for (guint i = 0; runs != NULL && i < runs->len; i++)
    blocks += g_array_index (runs, DomuimgExtRun, i).length;
  return blocks;
}

/* The root of an extent tree, which the inode has room for. */
typedef struct {
  guint16 magic, entries, max, depth;
  guint32 generation;
  struct {
    guint32 logical;
    guint16 length, physical_high;
    guint32 physical;
  } extents[EXTENTS_IN_INODE];
} ExtentRoot;

static gboolean
fit_in_inode (const GArray *runs)
{
  return runs->len <= EXTENTS_IN_INODE;
}

/* The blocks that ext2 and ext3 name in the inode itself. */
static void
fill_direct_blocks (DomuimgExtInode *inode, const GArray *runs)
{
  for (guint i = 0; runs != NULL && i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);

      for (guint64 j = 0; j < run->length && run->logical + j < EXT2_NDIR_BLOCKS; j++)
        inode->base.i_block[run->logical + j] = run->physical + j;
    }
}

/* The other blocks of a file in ext2 and ext3, with the indirect blocks that name them. */
static errcode_t
write_block_map (DomuimgExtFs *self, ext2_ino_t ino, const GArray *runs)
{
  struct ext2_inode inode;
  errcode_t code = ext2fs_read_inode (self->fs, ino, &inode);

  for (guint i = 0; code == 0 && i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);

      for (guint64 j = 0; code == 0 && j < run->length; j++)
        {
          blk64_t physical = run->physical + j;

          if (run->logical + j >= EXT2_NDIR_BLOCKS)
            code = ext2fs_bmap2 (self->fs, ino, &inode, NULL, BMAP_SET | BMAP_ALLOC,
                                 run->logical + j, NULL, &physical);
        }
    }
  return code;
}

/* An extent tree in the inode: all of it, if it fits, which saves libext2fs's reading and writing the
 * inode once more for each extent; else an empty one, for write_extents. */
static void
fill_extents (DomuimgExtFs *self, DomuimgExtInode *inode, const GArray *runs)
{
  guint count = runs != NULL && fit_in_inode (runs) ? runs->len : 0;
  ExtentRoot root = { GUINT16_TO_LE (0xf30a), GUINT16_TO_LE (count),
                      GUINT16_TO_LE (EXTENTS_IN_INODE) };

  G_STATIC_ASSERT (sizeof root == sizeof inode->base.i_block);
  if (!ext2fs_has_feature_extents (self->fs->super))
    {
      fill_direct_blocks (inode, runs);
      return;
    }
  for (guint i = 0; i < count; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);

      root.extents[i].logical = GUINT32_TO_LE ((guint32) run->logical);
      root.extents[i].length = GUINT16_TO_LE ((guint16) run->length);
      root.extents[i].physical = GUINT32_TO_LE ((guint32) run->physical);
      root.extents[i].physical_high = GUINT16_TO_LE ((guint16) (run->physical >> 32));
    }
  memcpy (inode->base.i_block, &root, sizeof root);
  inode->base.i_flags |= EXT4_EXTENTS_FL;
}

static errcode_t
write_extents (DomuimgExtFs *self, ext2_ino_t ino, const GArray *runs)
{
  ext2_extent_handle_t handle = NULL;
  errcode_t code;

  if (!ext2fs_has_feature_extents (self->fs->super))
    return write_block_map (self, ino, runs);
  if (fit_in_inode (runs))
    return 0;
  code = ext2fs_extent_open (self->fs, ino, &handle);
  for (guint i = 0; code == 0 && i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);
      struct ext2fs_extent extent = {
        .e_lblk = run->logical,
        .e_pblk = run->physical,
        .e_len = run->length,
        .e_flags = EXT2_EXTENT_FLAGS_LEAF,
      };

      code = ext2fs_extent_insert (handle, i == 0 ? 0 : EXT2_EXTENT_INSERT_AFTER, &extent);
      if (code == 0)
        code = ext2fs_extent_fix_parents (handle);
    }
  if (handle != NULL)
    ext2fs_extent_free (handle);
  return code;
}

static errcode_t
write_xattrs (DomuimgExtFs *self, ext2_ino_t ino, const GPtrArray *xattrs)
{
  struct ext2_xattr_handle *handle;
  errcode_t code = ext2fs_xattrs_open (self->fs, ino, &handle);

  if (code != 0)
    return code;
  code = ext2fs_xattrs_read (handle);
  for (guint i = 0; code == 0 && i < xattrs->len; i++)
    {
      const DomuimgXattr *xattr = g_ptr_array_index (xattrs, i);
      gsize size;
      const void *value = g_bytes_get_data (xattr->value, &size);

      code = ext2fs_xattr_set (handle, xattr->name, value, size);
    }
  errcode_t close_code = ext2fs_xattrs_close (&handle);
  return code != 0 ? code : close_code;
}

static gboolean
write_slow_symlink (DomuimgExtFs *self, const char *target, GArray *runs, GError **error)
{
  gsize length = strlen (target);

  if (length >= self->fs->blocksize)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: a symlink's target is longer than %u bytes", self->region->name,
                         self->fs->blocksize - 1);
  return domuimg_ext_allocate (self, 0, 1, runs, error)
         && domuimg_ext_write_data (self, runs, 0, target, length, error)
         && domuimg_ext_write_tail (self, runs, length, error);
}

static void
fill_content (DomuimgExtFs *self, DomuimgExtInode *inode, const DomuimgEntry *entry, const GArray *runs)
{
  gboolean has_blocks = entry->type == DOMUIMG_ENTRY_FILE || entry->type == DOMUIMG_ENTRY_DIRECTORY
                        || (runs != NULL && runs->len > 0);

  if (has_blocks)
    fill_extents (self, inode, runs);
  else if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    memcpy (inode->base.i_block, entry->target, strlen (entry->target));
  else if (entry->type == DOMUIMG_ENTRY_CHAR_DEVICE || entry->type == DOMUIMG_ENTRY_BLOCK_DEVICE)
    fill_device (inode, entry->dev_major, entry->dev_minor);

  guint64 size = 0;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    size = entry->size;
  else if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    size = strlen (entry->target);
  else if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    size = count_blocks (runs) * self->fs->blocksize;
  ext2fs_inode_size_set (self->fs, &inode->base, size);
  ext2fs_iblk_set (self->fs, &inode->base, count_blocks (runs));
}

gboolean
domuimg_ext_write_inode (DomuimgExtFs *self, ext2_ino_t ino, const DomuimgEntry *entry,
                         const GArray *runs, guint links, GError **error)
{
  g_autoptr (GArray) own_runs = NULL;
  DomuimgExtInode inode = { 0 };
  errcode_t code;

  if (entry->type == DOMUIMG_ENTRY_SYMLINK && strlen (entry->target) >= DOMUIMG_EXT_FAST_SYMLINK)
    {
      runs = own_runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
      if (!write_slow_symlink (self, entry->target, own_runs, error))
        return FALSE;
    }
  fill_common (self, &inode, entry);
  fill_times_of_birth (self, &inode);
  fill_content (self, &inode, entry, runs);
  /* Over 64,999 subdirectories the count says 1: "not known" (feature dir_nlink). */
  inode.base.i_links_count = links >= EXT2_LINK_MAX ? 1 : links;

  code = ext2fs_write_inode_full (self->fs, ino, &inode.base, sizeof inode);
  if (code == 0 && runs != NULL && runs->len > 0)
    code = write_extents (self, ino, runs);
  if (code == 0 && entry->xattrs != NULL && entry->xattrs->len > 0)
    code = write_xattrs (self, ino, entry->xattrs);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "writing /%s", entry->path);
  return TRUE;
}

static errcode_t
drop_blocks (DomuimgExtFs *self, ext2_ino_t ino, DomuimgExtInode *inode)
{
  errcode_t code = ext2fs_punch (self->fs, ino, &inode->base, NULL, 0, ~0ULL);

  if (code == 0)
    code = domuimg_ext_write_cache (self);
  return code;
}

gboolean
domuimg_ext_set_directory_blocks (DomuimgExtFs *self, ext2_ino_t ino, const GArray *runs,
                                  guint links, gboolean is_indexed, GError **error)
{
  DomuimgExtInode inode = { 0 };
  errcode_t code = ext2fs_read_inode_full (self->fs, ino, &inode.base, sizeof inode);

  if (code == 0 && EXT2_I_SIZE (&inode.base) > 0)
    code = drop_blocks (self, ino, &inode);
  if (code == 0)
    {
      memset (inode.base.i_block, 0, sizeof inode.base.i_block);
      fill_extents (self, &inode, runs);
      inode.base.i_flags &= ~EXT2_INDEX_FL;
      inode.base.i_flags |= is_indexed ? EXT2_INDEX_FL : 0;
      inode.base.i_size = count_blocks (runs) * self->fs->blocksize;
      inode.base.i_links_count = links >= EXT2_LINK_MAX ? 1 : links;
      code = ext2fs_iblk_add_blocks (self->fs, &inode.base, count_blocks (runs));
    }
  if (code == 0)
    code = ext2fs_write_inode_full (self->fs, ino, &inode.base, sizeof inode);
  if (code == 0)
    code = write_extents (self, ino, runs);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "writing directory inode %u", ino);
  return TRUE;
}

static int
collect_name (char *name, char *value, size_t length, void *data)
{
  g_ptr_array_add (data, g_strdup (name));
  return 0;
}

static errcode_t
replace_xattrs (DomuimgExtFs *self, ext2_ino_t ino, const GPtrArray *xattrs)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct ext2_xattr_handle *handle;
  errcode_t code = ext2fs_xattrs_open (self->fs, ino, &handle);

  if (code != 0)
    return code;
  code = ext2fs_xattrs_read (handle);
  if (code == 0)
    code = ext2fs_xattrs_iterate (handle, collect_name, names);
  for (guint i = 0; code == 0 && i < names->len; i++)
    code = ext2fs_xattr_remove (handle, g_ptr_array_index (names, i));
  errcode_t close_code = ext2fs_xattrs_close (&handle);
  if (code == 0)
    code = close_code;
  if (code == 0 && xattrs != NULL && xattrs->len > 0)
    code = write_xattrs (self, ino, xattrs);
  return code;
}

gboolean
domuimg_ext_update_inode (DomuimgExtFs *self, ext2_ino_t ino, const DomuimgEntry *entry,
                          GError **error)
{
  DomuimgExtInode inode = { 0 };
  errcode_t code = ext2fs_read_inode_full (self->fs, ino, &inode.base, sizeof inode);

  if (code == 0)
    {
      fill_common (self, &inode, entry);
      code = ext2fs_write_inode_full (self->fs, ino, &inode.base, sizeof inode);
    }
  if (code == 0)
    code = replace_xattrs (self, ino, entry->xattrs);
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "changing /%s", entry->path);
  return flush_cache (self, error);
}

gboolean
domuimg_ext_change_links (DomuimgExtFs *self, ext2_ino_t ino, int by, GError **error)
{
  struct ext2_inode inode;
  errcode_t code = ext2fs_read_inode (self->fs, ino, &inode);

  if (code == 0 && !LINUX_S_ISDIR (inode.i_mode) && by > 0
      && inode.i_links_count >= EXT2_LINK_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: a file has more than %u hard links, which ext4 cannot hold",
                         self->region->name, EXT2_LINK_MAX);
  /* A directory with a count of 1 has more subdirectories than can be counted. */
  if (code == 0 && LINUX_S_ISDIR (inode.i_mode) && inode.i_links_count == 1)
    return TRUE;
  if (code == 0)
    {
      inode.i_links_count += by;
      code = ext2fs_write_inode (self->fs, ino, &inode);
    }
  if (code != 0)
    return domuimg_ext_fail (self, code, error, "counting the links of inode %u", ino);
  return TRUE;
}
