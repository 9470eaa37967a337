/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/ext-fs.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <unistd.h>

/* A whole file at once: its extents are walked once, and the kernel copies the bytes. */

/* No kernel or initramfs is in more pieces; a hostile tree of extents may be endless. */
#define RUNS_MAX (1 << 20)

static gboolean
add_run (GArray *runs, const struct ext2fs_extent *extent)
{
  const DomuimgExtRun run = { extent->e_lblk, extent->e_pblk, extent->e_len };
  const DomuimgExtRun *last
      = runs->len > 0 ? &g_array_index (runs, DomuimgExtRun, runs->len - 1) : NULL;

  if (runs->len >= RUNS_MAX || (last != NULL && run.logical < last->logical + last->length))
    return FALSE;
  g_array_append_val (runs, run);
  return TRUE;
}

/* Those that hold data; what is allocated and not written reads as zeros. */
static errcode_t
read_runs (DomuimgExtFs *self, ext2_ino_t ino, struct ext2_inode *inode, GArray *runs)
{
  struct ext2fs_extent extent;
  ext2_extent_handle_t handle;
  errcode_t code = ext2fs_extent_open2 (self->fs, ino, inode, &handle);
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
               && (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) == 0 && !add_run (runs, &extent))
        code = EXT2_ET_EXTENT_LEAF_BAD;
      if (code != 0)
        break;
    }
  ext2fs_extent_free (handle);
  return code == EXT2_ET_EXTENT_NO_NEXT ? 0 : code;
}

static gboolean
send_run (DomuimgExtFs *self, const DomuimgExtRun *run, guint64 size, guint64 begin, int fd,
          GError **error)
{
  guint64 block = self->fs->blocksize, offset = run->logical * block;
  off_t from = (off_t) (self->base + run->physical * block);
  guint64 left = offset < size ? MIN (run->length * block, size - offset) : 0;

  if (left > 0 && lseek (fd, (off_t) (begin + offset), SEEK_SET) < 0)
    return domuimg_set_errno (error, errno, "writing a copy");
  while (left > 0)
    {
      gssize n = sendfile (fd, self->fd, &from, left);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return domuimg_set_errno (error, errno, "writing a copy");
      if (n == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: the image ends before the filesystem does", self->path);
      left -= n;
    }
  return TRUE;
}

gboolean
domuimg_ext_copy_file (DomuimgExtFs *self, ext2_ino_t ino, struct ext2_inode *inode, int fd,
                       GError **error)
{
  g_autoptr (GArray) runs = g_array_new (FALSE, FALSE, sizeof (DomuimgExtRun));
  off_t begin = lseek (fd, 0, SEEK_CUR);
  guint64 size = EXT2_I_SIZE (inode);
  errcode_t code = read_runs (self, ino, inode, runs);

  if (code != 0)
    return domuimg_ext_fail (self, code, error, "finding the blocks of inode %u", ino);
  if (begin < 0)
    return domuimg_set_errno (error, errno, "writing a copy");
  for (guint i = 0; i < runs->len; i++)
    if (!send_run (self, &g_array_index (runs, DomuimgExtRun, i), size, begin, fd, error))
      return FALSE;
  if (ftruncate (fd, (off_t) (begin + size)) != 0
      || lseek (fd, (off_t) (begin + size), SEEK_SET) < 0)
    return domuimg_set_errno (error, errno, "writing a copy");
  return TRUE;
}
