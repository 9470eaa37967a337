/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the blocks of one directory of an ext filesystem. */
#include "config.h"
#include "lib/fs/ext/directory.h"

#include <string.h>

#include "lib/fs/ext/entries.h"
#include "lib/fs/ext/index.h"

static gboolean
fits_in_block (const DomuimgExtFs *ext, const DomuimgExtName *directory)
{
  guint size = EXT2_DIR_REC_LEN (1) + EXT2_DIR_REC_LEN (2);
  guint room = domuimg_ext_entries_leaf_size (ext);

  for (const DomuimgExtName *child = directory->children; child != NULL && size <= room;
       child = child->next)
    size += EXT2_DIR_REC_LEN (strlen (child->name));
  return size <= room;
}

/* In the order of arrival, as kernels before 2.6 did. */
static void
fill_without_index (DomuimgExtEntries *entries, const DomuimgExtName *directory)
{
  domuimg_ext_entries_start_block (entries, TRUE);
  domuimg_ext_entries_add_dots (entries, directory);
  for (const DomuimgExtName *child = directory->children; child != NULL; child = child->next)
    {
      if (EXT2_DIR_REC_LEN (strlen (child->name)) > domuimg_ext_entries_room (entries))
        domuimg_ext_entries_start_block (entries, TRUE);
      domuimg_ext_entries_add (entries, child->name, child->ino,
                               domuimg_ext_file_type (child->type));
    }
  domuimg_ext_entries_end_block (entries);
}

static gboolean
write_blocks (DomuimgExtFs *ext, const GByteArray *blocks, ext2_ino_t ino, const GArray *runs,
              GError **error)
{
  guint8 *from = blocks->data;

  for (guint i = 0; i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);

      for (guint b = 0; b < run->length; b++, from += ext->fs->blocksize)
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
  DomuimgExtEntries entries = { ext, blocks };
  gboolean is_indexed
      = !fits_in_block (ext, directory) && domuimg_ext_index_fill (&entries, directory);

  if (!is_indexed)
    {
      g_byte_array_set_size (blocks, 0);
      fill_without_index (&entries, directory);
    }
  return domuimg_ext_allocate (ext, 0, blocks->len / ext->fs->blocksize, runs, error)
         && domuimg_ext_set_directory_blocks (ext, directory->ino, runs, 2 + directory->subdirs,
                                              is_indexed, error)
         && write_blocks (ext, blocks, directory->ino, runs, error);
}
