/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copies a whole file at once: its blocks are looked up once, and the kernel copies the bytes. */
#include "config.h"
#include "lib/fs/ext/copy.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* No kernel or initramfs is in more pieces; a hostile tree of extents may be endless. */
#define RUNS_MAX (1 << 20)

struct _DomuimgExtCopy {
  DomuimgRegion *region; /* the filesystem's */
  guint block;
  guint64 size;
  GArray *runs;  /* (element-type DomuimgExtRun) */
  char *content; /* (nullable) all of it, where it has no blocks */
};

static gboolean
add_run (GArray *runs, blk64_t logical, blk64_t physical, guint32 length)
{
  const DomuimgExtRun run = { logical, physical, length };
  DomuimgExtRun *last
      = runs->len > 0 ? &g_array_index (runs, DomuimgExtRun, runs->len - 1) : NULL;

  if (runs->len >= RUNS_MAX || (last != NULL && logical < last->logical + last->length))
    return FALSE;
  if (last != NULL && logical == last->logical + last->length
      && physical == last->physical + last->length && last->length <= G_MAXUINT32 - length)
    last->length += length;
  else
    g_array_append_val (runs, run);
  return TRUE;
}

/* Those that hold data; what is allocated and not written reads as zeros. */
static errcode_t
read_extents (ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode, GArray *runs)
{
  struct ext2fs_extent extent;
  ext2_extent_handle_t handle;
  errcode_t code = ext2fs_extent_open2 (fs, ino, inode, &handle);
  int operation = EXT2_EXTENT_ROOT;
  guint seen = 0;

  if (code != 0)
    return code;
  while ((code = ext2fs_extent_get (handle, operation, &extent)) == 0)
    {
      operation = EXT2_EXTENT_NEXT;
      if (seen++ > 2 * RUNS_MAX)
        code = EXT2_ET_EXTENT_LEAF_BAD;
      else if ((extent.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0
               && (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) == 0
               && !add_run (runs, extent.e_lblk, extent.e_pblk, extent.e_len))
        code = EXT2_ET_EXTENT_LEAF_BAD;
      if (code != 0)
        break;
    }
  ext2fs_extent_free (handle);
  return code == EXT2_ET_EXTENT_NO_NEXT ? 0 : code;
}

typedef struct {
  GArray *runs;
  guint64 end; /* in blocks: a hostile map goes on behind the file's */
  gboolean is_bad;
} Walk;

static int
see_block (ext2_filsys fs, blk64_t *block, e2_blkcnt_t logical, blk64_t at, int offset, void *data)
{
  Walk *walk = data;

  if ((guint64) logical >= walk->end)
    return BLOCK_ABORT;
  walk->is_bad = !add_run (walk->runs, logical, *block, 1);
  return walk->is_bad ? BLOCK_ABORT : 0;
}

/* Reads the block map that ext2 and ext3 have in place of extents. */
static errcode_t
read_blocks (ext2_filsys fs, ext2_ino_t ino, struct ext2_inode *inode, GArray *runs)
{
  Walk walk = { runs, (EXT2_I_SIZE (inode) + fs->blocksize - 1) / fs->blocksize, FALSE };
  errcode_t code = ext2fs_block_iterate3 (fs, ino, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY,
                                          NULL, see_block, &walk);

  return code == 0 && walk.is_bad ? EXT2_ET_BAD_BLOCK_NUM : code;
}

/* A few bytes beside the inode. */
static gboolean
read_inline (DomuimgExtCopy *self, DomuimgExtFs *fs, ext2_ino_t ino, struct ext2_inode *inode,
             GError **error)
{
  gsize length = MIN (self->size, self->block);

  self->content = g_malloc (length);
  return domuimg_ext_read_data (fs, ino, inode, 0, self->content, length, error)
         == (gssize) length;
}

DomuimgExtCopy *
domuimg_ext_copy_new (DomuimgExtFs *fs, ext2_ino_t ino, struct ext2_inode *inode, GError **error)
{
  g_autoptr (DomuimgExtCopy) self = g_new0 (DomuimgExtCopy, 1);
  errcode_t code;

  self->region = domuimg_region_ref (fs->region);
  self->block = fs->fs->blocksize;
  self->size = EXT2_I_SIZE (inode);
  self->runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
  if ((inode->i_flags & EXT4_INLINE_DATA_FL) != 0)
    return read_inline (self, fs, ino, inode, error) ? g_steal_pointer (&self) : NULL;
  code = (inode->i_flags & EXT4_EXTENTS_FL) != 0 ? read_extents (fs->fs, ino, inode, self->runs)
                                                 : read_blocks (fs->fs, ino, inode, self->runs);
  if (code == 0)
    return g_steal_pointer (&self);
  domuimg_ext_fail (fs, code, error, "finding the blocks of inode %u", ino);
  return NULL;
}

void
domuimg_ext_copy_free (DomuimgExtCopy *self)
{
  g_array_unref (self->runs);
  g_free (self->content);
  domuimg_region_unref (self->region);
  g_free (self);
}

gboolean
domuimg_ext_copy_get_place (const DomuimgExtCopy *self, gsize size, guint64 *offset)
{
  const DomuimgExtRun *first;

  if (self->size != size || self->content != NULL || self->runs->len == 0
      || self->region->back != NULL)
    return FALSE;
  first = &g_array_index (self->runs, DomuimgExtRun, 0);
  if (first->logical != 0 || (guint64) first->length * self->block < size
      || first->physical > self->region->length / self->block
      || first->physical * self->block + size > self->region->length)
    return FALSE;
  *offset = self->region->offset + first->physical * self->block;
  return TRUE;
}

/* Does what sendfile () does, and where there is no descriptor, too. */
static gssize
send_bytes (const DomuimgRegion *region, guint64 at, int fd, gsize length)
{
  off_t from = (off_t) (region->offset + at);
  guint8 buffer[64 * 1024];
  gssize got;

  if (region->back == NULL)
    return TEMP_FAILURE_RETRY (sendfile (fd, region->fd, &from, length));
  got = domuimg_region_read (region, at, buffer, MIN (length, sizeof buffer));
  return got <= 0 || domuimg_write_all (fd, buffer, (gsize) got) ? got : -1;
}

static gboolean
send_run (const DomuimgExtCopy *self, const DomuimgExtRun *run, guint64 begin, int fd,
          GError **error)
{
  guint64 offset = run->logical * self->block;
  guint64 from = run->physical * self->block;
  guint64 left = offset < self->size ? MIN ((guint64) run->length * self->block, self->size - offset)
                                     : 0;

  if (left > 0 && lseek (fd, (off_t) (begin + offset), SEEK_SET) < 0)
    return domuimg_set_errno (error, errno, "writing a copy");
  while (left > 0)
    {
      gssize n = send_bytes (self->region, from, fd, left);

      if (n < 0)
        return domuimg_set_errno (error, errno, "writing a copy");
      if (n == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: the image ends before the filesystem does", self->region->name);
      from += n;
      left -= n;
    }
  return TRUE;
}

gboolean
domuimg_ext_copy_run (const DomuimgExtCopy *self, int fd, GError **error)
{
  off_t begin = lseek (fd, 0, SEEK_CUR);

  if (begin < 0
      || (self->content != NULL
          && !domuimg_write_all (fd, self->content, MIN (self->size, self->block))))
    return domuimg_set_errno (error, errno, "writing a copy");
  for (guint i = 0; i < self->runs->len; i++)
    if (!send_run (self, &g_array_index (self->runs, DomuimgExtRun, i), begin, fd, error))
      return FALSE;
  if (ftruncate (fd, (off_t) (begin + self->size)) != 0
      || lseek (fd, (off_t) (begin + self->size), SEEK_SET) < 0)
    return domuimg_set_errno (error, errno, "writing a copy");
  return TRUE;
}
