/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Allocates the blocks of an ext filesystem and writes the data of files into them. */
#include "config.h"
#include "lib/fs/ext/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE (1024 * 1024)
/* From this size on, a copy into the buffer costs more than a write more. */
#define LARGE (64 * 1024)
/* How much is written before the kernel is told to start putting it on the disk, so that
 * the last fsync has little to wait for. */
#define WRITEBACK_STEP (16 * 1024 * 1024)

/* The first free run at or after self->next, of at most @want blocks. */
static errcode_t
find_run (DomuimgExtFs *self, guint64 want, blk64_t *start, blk64_t *length)
{
  ext2_filsys fs = self->fs;
  blk64_t last = ext2fs_blocks_count (fs->super) - 1;
  blk64_t end;
  errcode_t code;

  if (self->next > last)
    return EXT2_ET_BLOCK_ALLOC_FAIL;
  code = ext2fs_find_first_zero_block_bitmap2 (fs->block_map, self->next, last, start);
  if (code != 0)
    return code == ENOENT ? EXT2_ET_BLOCK_ALLOC_FAIL : code;

  end = MIN (*start + want - 1, last);
  code = ext2fs_find_first_set_block_bitmap2 (fs->block_map, *start, end, &end);
  if (code == ENOENT)
    end++;
  else if (code != 0)
    return code;
  *length = end - *start;
  return 0;
}

static gboolean
no_space (DomuimgExtFs *self, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                       "%s: the filesystem is full (%" G_GUINT64_FORMAT
                       " MiB); give the disk a larger size",
                       self->region->name,
                       (guint64) ext2fs_blocks_count (self->fs->super) * self->fs->blocksize
                           / 1048576);
}

gboolean
domuimg_ext_allocate (DomuimgExtFs *self, blk64_t logical, guint64 length, GArray *runs,
                      GError **error)
{
  gboolean wrapped = FALSE;

  while (length > 0)
    {
      /* EXT_INIT_MAX_LEN: an extent's longest initialised run. */
      blk64_t start = 0, got = 0;
      errcode_t code = find_run (self, MIN (length, 32768), &start, &got);

      if (code == EXT2_ET_BLOCK_ALLOC_FAIL && !wrapped)
        {
          self->next = self->fs->super->s_first_data_block;
          wrapped = TRUE;
          continue;
        }
      if (code == EXT2_ET_BLOCK_ALLOC_FAIL)
        return no_space (self, error);
      if (code != 0)
        return domuimg_ext_fail (self, code, error, "looking for free blocks");

      DomuimgExtRun run = { logical, start, got };
      ext2fs_block_alloc_stats_range (self->fs, start, got, +1);
      g_array_append_val (runs, run);
      self->next = start + got;
      logical += got;
      length -= got;
    }
  return TRUE;
}

void
domuimg_ext_release (DomuimgExtFs *self, const GArray *runs)
{
  for (guint i = 0; i < runs->len; i++)
    {
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, i);

      ext2fs_block_alloc_stats_range (self->fs, run->physical, run->length, -1);
    }
}

gboolean
domuimg_ext_allocate_file (DomuimgExtFs *self, guint64 size, const GArray *ranges, GArray *runs,
                           GError **error)
{
  guint64 block = self->fs->blocksize;
  blk64_t done = 0;

  if (ranges == NULL)
    return domuimg_ext_allocate (self, 0, (size + block - 1) / block, runs, error);

  for (guint i = 0; i < ranges->len; i++)
    {
      const DomuimgRange *range = &g_array_index (ranges, DomuimgRange, i);
      blk64_t first = MAX (range->offset / block, done);
      blk64_t end = (range->offset + range->length + block - 1) / block;

      if (end <= first)
        continue;
      if (!domuimg_ext_allocate (self, first, end - first, runs, error))
        return FALSE;
      done = end;
    }
  return TRUE;
}

void
domuimg_ext_begin_writeback (DomuimgExtFs *self)
{
  self->unsynced = 0;
  if (self->writeback == NULL)
    self->writeback = domuimg_ext_writeback_new (self->region);
  if (self->writeback != NULL)
    domuimg_ext_writeback_begin (self->writeback);
}

static gboolean
fail_write (DomuimgExtFs *self, GError **error)
{
  return domuimg_set_errno (error, errno, "%s: writing", self->region->name);
}

static void
count_written (gsize length, gpointer data)
{
  DomuimgExtFs *self = data;

  self->unsynced += length;
  if (self->unsynced >= WRITEBACK_STEP)
    domuimg_ext_begin_writeback (self);
}

static gboolean
write_fully (DomuimgExtFs *self, const guint8 *data, gsize length, guint64 at, GError **error)
{
  if (!domuimg_region_write (self->region, at, data, length))
    return fail_write (self, error);
  count_written (length, self);
  return TRUE;
}

void
domuimg_ext_begin_behind (DomuimgExtFs *self)
{
  self->behind = domuimg_ext_behind_new (self->region, count_written, self);
}

gboolean
domuimg_ext_end_behind (DomuimgExtFs *self, GError **error)
{
  gboolean ok = domuimg_ext_flush_data (self, error);

  g_clear_pointer (&self->behind, domuimg_ext_behind_free);
  return ok;
}

static gboolean
hand_over (DomuimgExtFs *self, GError **error)
{
  gsize length = self->buffered;

  self->buffered = 0;
  return length == 0 || domuimg_ext_behind_write (self->behind, length, self->buffer_at)
         || fail_write (self, error);
}

gboolean
domuimg_ext_flush_data (DomuimgExtFs *self, GError **error)
{
  gsize length = self->buffered;

  if (self->behind != NULL)
    return hand_over (self, error)
           && (domuimg_ext_behind_wait (self->behind) || fail_write (self, error));
  self->buffered = 0;
  return length == 0 || write_fully (self, self->buffer, length, self->buffer_at, error);
}

static gboolean
write_behind (DomuimgExtFs *self, const guint8 *data, gsize length, guint64 at, GError **error)
{
  if (self->buffered > 0 && self->buffer_at + self->buffered != at && !hand_over (self, error))
    return FALSE;
  while (length > 0)
    {
      gsize now = MIN (length, DOMUIMG_EXT_BEHIND_SIZE - self->buffered);

      if (self->buffered == 0)
        {
          self->filling = domuimg_ext_behind_get_buffer (self->behind);
          self->buffer_at = at;
        }
      memcpy (self->filling + self->buffered, data, now);
      self->buffered += now;
      if (self->buffered == DOMUIMG_EXT_BEHIND_SIZE && !hand_over (self, error))
        return FALSE;
      data += now;
      at += now;
      length -= now;
    }
  return TRUE;
}

/* Small files lie one after another on the disk: together they make large writes. */
static gboolean
write_at (DomuimgExtFs *self, const guint8 *data, gsize length, guint64 at, GError **error)
{
  if (self->behind != NULL)
    return write_behind (self, data, length, at, error);
  if (self->buffered > 0
      && (self->buffer_at + self->buffered != at || self->buffered + length > BUFFER_SIZE
          || length >= LARGE))
    {
      if (!domuimg_ext_flush_data (self, error))
        return FALSE;
    }
  if (length >= LARGE)
    return write_fully (self, data, length, at, error);

  if (self->buffered == 0)
    self->buffer_at = at;
  memcpy (self->buffer + self->buffered, data, length);
  self->buffered += length;
  return TRUE;
}

/* The run with logical block @logical; runs are sorted by it. */
static const DomuimgExtRun *
run_of (const GArray *runs, blk64_t logical)
{
  guint low = 0, high = runs->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;
      const DomuimgExtRun *run = &g_array_index (runs, DomuimgExtRun, middle);

      if (logical < run->logical)
        high = middle;
      else if (logical >= run->logical + run->length)
        low = middle + 1;
      else
        return run;
    }
  return NULL;
}

gboolean
domuimg_ext_write_data (DomuimgExtFs *self, const GArray *runs, guint64 offset,
                        const void *data, gsize length, GError **error)
{
  guint64 block = self->fs->blocksize;
  const guint8 *bytes = data;

  while (length > 0)
    {
      const DomuimgExtRun *run = run_of (runs, offset / block);

      if (run == NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: data lies outside the size or the map that was announced",
                             self->region->name);
      guint64 in_run = offset - run->logical * block;
      gsize now = MIN (length, run->length * block - in_run);

      if (!write_at (self, bytes, now, run->physical * block + in_run, error))
        return FALSE;
      bytes += now;
      offset += now;
      length -= now;
    }
  return TRUE;
}

gboolean
domuimg_ext_write_tail (DomuimgExtFs *self, const GArray *runs, guint64 size, GError **error)
{
  static const guint8 zeros[65536];
  guint64 block = self->fs->blocksize;

  if (size % block == 0 || run_of (runs, size / block) == NULL)
    return TRUE;
  return domuimg_ext_write_data (self, runs, size, zeros, block - size % block, error);
}
