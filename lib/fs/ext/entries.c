/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fills the blocks of a directory of an ext filesystem with entries. */
#include "config.h"
#include "lib/fs/ext/entries.h"

#include <string.h>

guint
domuimg_ext_entries_leaf_size (const DomuimgExtFs *ext)
{
  gboolean checksums = ext2fs_has_feature_metadata_csum (ext->fs->super);

  return ext->fs->blocksize - (checksums ? sizeof (struct ext2_dir_entry_tail) : 0);
}

static struct ext2_dir_entry *
entry_at (const DomuimgExtEntries *self, guint offset)
{
  return (struct ext2_dir_entry *) (self->blocks->data + self->blocks->len
                                    - self->ext->fs->blocksize + offset);
}

void
domuimg_ext_entries_end_block (DomuimgExtEntries *self)
{
  if (self->blocks->len > 0)
    ext2fs_set_rec_len (self->ext->fs, self->end - self->last, entry_at (self, self->last));
}

void
domuimg_ext_entries_start_block (DomuimgExtEntries *self, gboolean is_leaf)
{
  ext2_filsys fs = self->ext->fs;
  guint old = self->blocks->len;

  domuimg_ext_entries_end_block (self);
  g_byte_array_set_size (self->blocks, old + fs->blocksize);
  memset (self->blocks->data + old, 0, fs->blocksize);
  self->end = is_leaf ? domuimg_ext_entries_leaf_size (self->ext) : fs->blocksize;
  if (self->end < fs->blocksize)
    ext2fs_initialize_dirent_tail (fs,
                                   EXT2_DIRENT_TAIL (self->blocks->data + old, fs->blocksize));
  self->used = 0;
}

guint
domuimg_ext_entries_room (const DomuimgExtEntries *self)
{
  return self->end - self->used;
}

void
domuimg_ext_entries_add (DomuimgExtEntries *self, const char *name, ext2_ino_t ino, int file_type)
{
  gsize length = strlen (name);
  guint size = EXT2_DIR_REC_LEN (length);
  struct ext2_dir_entry *entry = entry_at (self, self->used);

  entry->inode = ino;
  ext2fs_set_rec_len (self->ext->fs, size, entry);
  ext2fs_dirent_set_name_len (entry, length);
  if (ext2fs_has_feature_filetype (self->ext->fs->super))
    ext2fs_dirent_set_file_type (entry, file_type);
  memcpy (entry->name, name, length);
  self->last = self->used;
  self->used += size;
}

void
domuimg_ext_entries_add_dots (DomuimgExtEntries *self, const DomuimgExtName *directory)
{
  const DomuimgExtName *parent = directory->parent != NULL ? directory->parent : directory;

  domuimg_ext_entries_add (self, ".", directory->ino, EXT2_FT_DIR);
  domuimg_ext_entries_add (self, "..", parent->ino, EXT2_FT_DIR);
}
