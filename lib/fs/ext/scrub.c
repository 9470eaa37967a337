/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Forgets what the metadata of an ext filesystem still has of files that are gone. */
#include "config.h"
#include "lib/fs/ext/scrub.h"

#include <errno.h>
#include <et/com_err.h>
#include <string.h>

#include "lib/base/sparse.h"
#include "lib/fs/ext/fs.h"

/* Behind "." and ".." of a directory's first block, where it has an index: the depth of that. */
#define INDEX_LEVELS 30

typedef struct {
  ext2_filsys fs;
  DomuimgRegion *region;
  guint8 *zeros;  /* a block of them */
  guint8 *block;
  gboolean has_index; /* of the directory at hand */
  guint levels;       /* of that index */
  ext2_ino_t directory;
  errcode_t code;
} Scrub;

/* The first block is the journal's superblock, which says that there is nothing in it. */
static int
clear_journal_block (ext2_filsys fs, blk64_t *number, e2_blkcnt_t count, blk64_t ref, int ref_offset,
                     void *data)
{
  Scrub *self = data;

  if (count <= 0)
    return 0;
  if (!domuimg_region_write (self->region, *number * fs->blocksize, self->zeros, fs->blocksize))
    {
      self->code = errno;
      return BLOCK_ABORT;
    }
  return 0;
}

static errcode_t
clear_journal (Scrub *self)
{
  ext2_ino_t journal = self->fs->super->s_journal_inum;
  errcode_t code;

  if (!ext2fs_has_feature_journal (self->fs->super) || journal == 0)
    return 0;
  code = ext2fs_block_iterate3 (self->fs, journal, BLOCK_FLAG_DATA_ONLY, NULL, clear_journal_block,
                                self);
  return code != 0 ? code : self->code;
}

static errcode_t
clear_inode (Scrub *self, ext2_ino_t ino, struct ext2_inode *inode, int size)
{
  if (domuimg_is_zero (inode, (gsize) size))
    return 0;
  memset (inode, 0, (gsize) size);
  return ext2fs_write_inode_full (self->fs, ino, inode, size);
}

static errcode_t
clear_free_inodes (Scrub *self)
{
  int size = EXT2_INODE_SIZE (self->fs->super);
  g_autofree struct ext2_inode *inode = g_malloc0 ((gsize) size);
  ext2_inode_scan scan;
  errcode_t code = ext2fs_open_inode_scan (self->fs, 0, &scan);

  if (code != 0)
    return code;
  for (;;)
    {
      ext2_ino_t ino;

      code = ext2fs_get_next_inode_full (scan, &ino, inode, size);
      /* A free one may have any checksum. */
      if (code == EXT2_ET_INODE_CSUM_INVALID)
        code = 0;
      if (code != 0 || ino == 0)
        break;
      if (ino < EXT2_FIRST_INODE (self->fs->super)
          || ext2fs_test_inode_bitmap2 (self->fs->inode_map, ino))
        continue;
      code = clear_inode (self, ino, inode, size);
      if (code != 0)
        break;
    }
  ext2fs_close_inode_scan (scan);
  return code;
}

/* Whether the block is a node of an index, which looks like an entry that is not used. */
static gboolean
is_index (const Scrub *self, e2_blkcnt_t count, const struct ext2_dir_entry *first)
{
  guint length = 0;

  if (!self->has_index)
    return FALSE;
  if (count == 0)
    return TRUE;
  ext2fs_get_rec_len (self->fs, (struct ext2_dir_entry *) first, &length);
  return self->levels > 0 && first->inode == 0 && length == self->fs->blocksize;
}

/* What lies behind each entry's name, up to the next entry. TRUE where anything was there. */
static gboolean
clear_names (Scrub *self)
{
  gboolean is_changed = FALSE;
  guint size = self->fs->blocksize;

  for (guint at = 0; at + 12 <= size;)
    {
      struct ext2_dir_entry *entry = (struct ext2_dir_entry *) (void *) (self->block + at);
      guint length = 0;
      guint used = entry->inode != 0 ? 8 + (guint) ext2fs_dirent_name_len (entry) : 8;

      if (ext2fs_get_rec_len (self->fs, entry, &length) != 0 || length < 12 || at + length > size)
        return FALSE;
      /* The checksum of the block is an entry that is not used, too. */
      if (entry->inode == 0 && length == 12 && at + 12 == size)
        break;
      if (used < length && !domuimg_is_zero (self->block + at + used, length - used))
        {
          memset (self->block + at + used, 0, length - used);
          is_changed = TRUE;
        }
      if (entry->inode == 0 && entry->name_len != 0)
        {
          entry->name_len = 0;
          is_changed = TRUE;
        }
      at += length;
    }
  return is_changed;
}

static int
clear_directory_block (ext2_filsys fs, blk64_t *number, e2_blkcnt_t count, blk64_t ref,
                       int ref_offset, void *data)
{
  Scrub *self = data;

  if (count < 0)
    return 0;
  self->code = ext2fs_read_dir_block4 (fs, *number, self->block, 0, self->directory);
  if (self->code != 0)
    return BLOCK_ABORT;
  if (count == 0 && self->has_index)
    self->levels = self->block[INDEX_LEVELS];
  if (is_index (self, count, (const struct ext2_dir_entry *) (const void *) self->block)
      || !clear_names (self))
    return 0;
  self->code = ext2fs_write_dir_block4 (fs, *number, self->block, 0, self->directory);
  return self->code != 0 ? BLOCK_ABORT : 0;
}

static errcode_t
clear_directory (Scrub *self, ext2_ino_t ino, const struct ext2_inode *inode)
{
  errcode_t code;

  if ((inode->i_flags & EXT4_INLINE_DATA_FL) != 0)
    return 0;
  self->directory = ino;
  self->has_index = (inode->i_flags & EXT2_INDEX_FL) != 0;
  self->levels = 0;
  code = ext2fs_block_iterate3 (self->fs, ino, BLOCK_FLAG_DATA_ONLY, NULL, clear_directory_block,
                                self);
  return code != 0 ? code : self->code;
}

static errcode_t
clear_directories (Scrub *self)
{
  ext2_inode_scan scan;
  errcode_t code = ext2fs_open_inode_scan (self->fs, 0, &scan);

  if (code != 0)
    return code;
  for (;;)
    {
      struct ext2_inode inode;
      ext2_ino_t ino;

      code = ext2fs_get_next_inode (scan, &ino, &inode);
      if (code != 0 || ino == 0)
        break;
      if (!LINUX_S_ISDIR (inode.i_mode) || !ext2fs_test_inode_bitmap2 (self->fs->inode_map, ino))
        continue;
      code = clear_directory (self, ino, &inode);
      if (code != 0)
        break;
    }
  ext2fs_close_inode_scan (scan);
  return code;
}

static errcode_t
scrub_open (Scrub *self)
{
  errcode_t code = ext2fs_read_bitmaps (self->fs);

  self->zeros = g_malloc0 (self->fs->blocksize);
  self->block = g_malloc0 (self->fs->blocksize);
  code = code != 0 ? code : clear_free_inodes (self);
  code = code != 0 ? code : clear_directories (self);
  return code != 0 ? code : clear_journal (self);
}

gboolean
domuimg_ext_scrub (DomuimgRegion *region, GError **error)
{
  Scrub self = { .region = region };
  errcode_t code = domuimg_ext_open_library (region, EXT2_FLAG_RW, &self.fs);
  errcode_t closed;

  if (code == 0)
    {
      code = scrub_open (&self);
      /* What our cache holds is written at the end, too, but then nobody hears of its errors. */
      code = code != 0 ? code : io_channel_flush (self.fs->io);
      closed = ext2fs_close (self.fs);
      code = code != 0 ? code : closed;
    }
  g_free (self.zeros);
  g_free (self.block);
  if (code == 0)
    return TRUE;
  initialize_ext2_error_table ();
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: forgetting what files that are gone have left: %s", region->name,
                       error_message (code));
}
