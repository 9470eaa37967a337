/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/image/unused.h"

#include <et/com_err.h>
#include <ext2fs/ext2fs.h>

/* The header of swap space is one page; of the largest that Linux has. */
#define SWAP_HEADER 65536

typedef struct {
  guint64 granularity;
  DomuimgUnused callback;
  gpointer user_data;
} Report;

static gboolean
report (const Report *self, guint64 start, guint64 end, GError **error)
{
  start = (start + self->granularity - 1) / self->granularity * self->granularity;
  end = end / self->granularity * self->granularity;
  return end <= start || self->callback (start, end - start, self->user_data, error);
}

static gboolean
report_free_blocks (ext2_filsys fs, guint64 offset, const Report *self, GError **error)
{
  blk64_t last = ext2fs_blocks_count (fs->super) - 1;
  blk64_t start = fs->super->s_first_data_block;

  while (start <= last && ext2fs_find_first_zero_block_bitmap2 (fs->block_map, start, last, &start) == 0)
    {
      blk64_t end;

      if (ext2fs_find_first_set_block_bitmap2 (fs->block_map, start, last, &end) != 0)
        end = last + 1;
      if (!report (self, offset + start * fs->blocksize, offset + end * fs->blocksize, error))
        return FALSE;
      start = end;
    }
  return TRUE;
}

static gboolean
each_of_ext (const char *path, guint64 offset, const Report *self, GError **error)
{
  g_autofree char *options = g_strdup_printf ("offset=%" G_GUINT64_FORMAT, offset);
  ext2_filsys fs = NULL;
  gboolean ok = TRUE;
  errcode_t code = ext2fs_open2 (path, options, EXT2_FLAG_64BITS | EXT2_FLAG_SOFTSUPP_FEATURES, 0,
                                 0, unix_io_manager, &fs);

  if (code == 0)
    code = ext2fs_read_block_bitmap (fs);
  if (code == 0)
    ok = report_free_blocks (fs, offset, self, error);
  else
    {
      initialize_ext2_error_table ();
      ok = domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "reading which blocks of the filesystem are free: %s",
                         error_message (code));
    }
  if (fs != NULL)
    ext2fs_free (fs);
  return ok;
}

gboolean
domuimg_image_each_unused (DomuimgImage *self, const DomuimgVolume *volume, guint64 granularity,
                           DomuimgUnused callback, gpointer user_data, GError **error)
{
  const Report reported = { granularity, callback, user_data };
  g_autoptr (DomuimgExtState) state = NULL;

  if (volume->lv != NULL || volume->fs == NULL)
    return TRUE;
  if (g_str_equal (volume->fs, "swap"))
    return report (&reported, volume->offset + SWAP_HEADER, volume->offset + volume->length, error);
  if (!g_str_has_prefix (volume->fs, "ext"))
    return TRUE;
  state = domuimg_image_get_ext_state (self, volume, error);
  if (state == NULL)
    return FALSE;
  /* What the journal of one that is not clean would make of it is not known. */
  return !state->clean || state->has_errors
         || each_of_ext (domuimg_image_get_path (self), volume->offset, &reported, error);
}
