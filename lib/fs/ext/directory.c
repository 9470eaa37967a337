/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the blocks of one directory of an ext filesystem. */
#include "config.h"
#include "lib/fs/ext/directory.h"

#include <string.h>

/* The blocks of one directory as they fill. */
typedef struct {
  GByteArray *blocks;
  guint block_size;
  guint usable; /* of a block: a checksum may take its end */
  guint used;   /* of the last block */
  guint last;   /* where in the last block its last entry starts */
} Filler;

static struct ext2_dir_entry *
entry_at (Filler *self, guint offset)
{
  return (struct ext2_dir_entry *) (self->blocks->data + self->blocks->len - self->block_size
                                    + offset);
}

/* The last entry of a block reaches to the block's end. */
static void
stretch_last (DomuimgExtFs *ext, Filler *self)
{
  if (self->blocks->len > 0)
    ext2fs_set_rec_len (ext->fs, self->usable - self->last, entry_at (self, self->last));
}

static void
start_block (DomuimgExtFs *ext, Filler *self)
{
  guint old = self->blocks->len;

  stretch_last (ext, self);
  g_byte_array_set_size (self->blocks, old + self->block_size);
  memset (self->blocks->data + old, 0, self->block_size);
  if (self->usable < self->block_size)
    ext2fs_initialize_dirent_tail (
        ext->fs, EXT2_DIRENT_TAIL (self->blocks->data + old, self->block_size));
  self->used = 0;
}

static void
add_entry (DomuimgExtFs *ext, Filler *self, const char *name, ext2_ino_t ino, int file_type)
{
  gsize length = strlen (name);
  guint size = EXT2_DIR_REC_LEN (length);

  if (self->blocks->len == 0 || self->used + size > self->usable)
    start_block (ext, self);

  struct ext2_dir_entry *entry = entry_at (self, self->used);
  entry->inode = ino;
  ext2fs_set_rec_len (ext->fs, size, entry);
  ext2fs_dirent_set_name_len (entry, length);
  if (ext2fs_has_feature_filetype (ext->fs->super))
    ext2fs_dirent_set_file_type (entry, file_type);
  memcpy (entry->name, name, length);
  self->last = self->used;
  self->used += size;
}

static gboolean
write_blocks (DomuimgExtFs *ext, Filler *self, ext2_ino_t ino, const GArray *runs,
              GError **error)
{
  guint8 *from = self->blocks->data;

  for (guint i = 0; i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);

      for (guint b = 0; b < run->length; b++, from += self->block_size)
        {
          errcode_t code
              = ext2fs_write_dir_block4 (ext->fs, run->physical + b, from, 0, ino);
          if (code != 0)
            return domuimg_ext_fail (ext, code, error, "writing a directory");
        }
    }
  return TRUE;
}

gboolean
domuimg_ext_write_directory (DomuimgExtFs *ext, const DomuimgExtName *directory, GError **error)
{
  g_autoptr (GByteArray) blocks = g_byte_array_new ();
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
  guint block_size = ext->fs->blocksize;
  gboolean checksums = ext2fs_has_feature_metadata_csum (ext->fs->super);
  Filler filler = {
    .blocks = blocks,
    .block_size = block_size,
    .usable = block_size - (checksums ? sizeof (struct ext2_dir_entry_tail) : 0),
  };
  const DomuimgExtName *parent = directory->parent != NULL ? directory->parent : directory;

  add_entry (ext, &filler, ".", directory->ino, EXT2_FT_DIR);
  add_entry (ext, &filler, "..", parent->ino, EXT2_FT_DIR);
  for (const DomuimgExtName *child = directory->children; child != NULL; child = child->next)
    add_entry (ext, &filler, child->name, child->ino, domuimg_ext_file_type (child->type));
  stretch_last (ext, &filler);

  return domuimg_ext_allocate (ext, 0, blocks->len / block_size, runs, error)
         && domuimg_ext_set_directory_blocks (ext, directory->ino, runs, 2 + directory->subdirs,
                                              error)
         && write_blocks (ext, &filler, directory->ino, runs, error);
}
