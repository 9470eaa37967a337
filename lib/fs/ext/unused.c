/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The blocks of an ext filesystem that hold nothing. */
#include "config.h"
#include "lib/fs/ext/unused.h"

#include <et/com_err.h>

#include "lib/fs/ext/fs.h"

static gboolean
report_free_blocks (ext2_filsys fs, DomuimgUnused callback, gpointer user_data, GError **error)
{
  blk64_t last = ext2fs_blocks_count (fs->super) - 1;
  blk64_t start = fs->super->s_first_data_block;

  while (start <= last
         && ext2fs_find_first_zero_block_bitmap2 (fs->block_map, start, last, &start) == 0)
    {
      blk64_t end;

      if (ext2fs_find_first_set_block_bitmap2 (fs->block_map, start, last, &end) != 0)
        end = last + 1;
      if (!callback (start * fs->blocksize, (end - start) * fs->blocksize, user_data, error))
        return FALSE;
      start = end;
    }
  return TRUE;
}

gboolean
domuimg_ext_each_unused (DomuimgRegion *region, DomuimgUnused callback, gpointer user_data,
                         GError **error)
{
  ext2_filsys fs = NULL;
  gboolean ok;
  errcode_t code = domuimg_ext_open_library (region, EXT2_FLAG_SOFTSUPP_FEATURES, &fs);

  if (code == 0)
    {
      code = ext2fs_read_block_bitmap (fs);
      ok = code != 0 || report_free_blocks (fs, callback, user_data, error);
      ext2fs_free (fs);
      if (code == 0)
        return ok;
    }
  initialize_ext2_error_table ();
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: reading which blocks of the filesystem are free: %s", region->name,
                       error_message (code));
}
