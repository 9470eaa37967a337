/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A filesystem's files packed into an erofs: its program takes a directory, so another Linux mounts them for
 * it; the superblock's time and label are put in here (Linux, fs/erofs/erofs_fs.h). */
#include "config.h"
#include "lib/fs/pack.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/bytes.h"
#include "lib/base/fd.h"
#include "lib/fs/ext/tree.h"
#include "lib/fs/uml/pack.h"

#define MAGIC 0xe0f5e1e2u
#define HEAD 4096 /* the first block */
#define SUPERBLOCK 1024
#define CHECKSUM (SUPERBLOCK + 4)
#define BLOCK_BITS (SUPERBLOCK + 12)
#define BUILD_TIME (SUPERBLOCK + 24) /* 64 bits, and 32 of nanoseconds */
#define BLOCKS (SUPERBLOCK + 36)
#define LABEL (SUPERBLOCK + 64)
#define LABEL_MAX 16
#define BLOCK_BITS_MADE 12
#define MIB ((guint64) 1048576)

static void
put32 (guint8 *head, gsize at, guint32 value)
{
  value = GUINT32_TO_LE (value);
  memcpy (head + at, &value, sizeof value);
}

/* The checksum is over what follows the first 1024 bytes, with itself as zeros. */
static void
finish_superblock (guint8 *head, const DomuimgMkfs *what)
{
  guint64 time = GUINT64_TO_LE ((guint64) domuimg_build_time ().sec);

  memcpy (head + BUILD_TIME, &time, sizeof time);
  put32 (head, BUILD_TIME + sizeof time, 0);
  /* A filesystem of ext, which it was first, has labels of the same size. */
  if (what->label != NULL)
    memcpy (head + LABEL, what->label, MIN (strlen (what->label), LABEL_MAX));
  put32 (head, CHECKSUM, 0);
  put32 (head, CHECKSUM, ext2fs_crc32c_le (~0u, head + SUPERBLOCK, HEAD - SUPERBLOCK));
}

/* @size: of the erofs, from @at on in @fd. */
static gboolean
finish (int fd, guint64 at, const DomuimgMkfs *what, guint64 *size, GError **error)
{
  guint8 head[HEAD];
  const DomuimgBytes bytes = domuimg_bytes (head, sizeof head);
  guint32 magic = 0, blocks = 0;

  if (pread (fd, head, sizeof head, (off_t) at) != sizeof head
      || !domuimg_bytes_le32 (bytes, SUPERBLOCK, &magic) || magic != MAGIC
      || !domuimg_bytes_le32 (bytes, BLOCKS, &blocks) || head[BLOCK_BITS] != BLOCK_BITS_MADE)
    return domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "mkfs.erofs made no erofs of blocks of 4096 bytes");
  finish_superblock (head, what);
  *size = (guint64) blocks << BLOCK_BITS_MADE;
  return domuimg_pwrite_all (fd, head, sizeof head, at)
         || domuimg_set_errno (error, errno, "writing the erofs' superblock");
}

/* mkfs.erofs 1.5 takes the last byte off such a name, and so another file for it where there is one. */
static gboolean
check_name (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer user_data,
            GError **error)
{
  const char *slash = strrchr (entry->path, '/');
  guint64 *entries = user_data;

  ++*entries;
  return strlen (slash != NULL ? slash + 1 : entry->path) < NAME_MAX
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "/%s has a name of 255 bytes, which mkfs.erofs does not take; rename it, or use"
                          " fs=ext4",
                          entry->path);
}

static gboolean
check_names (DomuimgRegion *from, guint64 *entries, GError **error)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_ext_open (from, FALSE, error);

  return tree != NULL && domuimg_tree_walk (tree, "", check_name, entries, error);
}

gboolean
domuimg_pack_erofs (const DomuimgMkfs *what, DomuimgRegion *from, const DomuimgRegion *into,
                    GCancellable *cancellable, GError **error)
{
  guint64 size, entries = 0;

  if (!check_names (from, &entries, error)
      || !domuimg_uml_pack (from, entries, what->uuid, cancellable, error)
      || !finish (from->fd, from->length, what, &size, error)
      || !domuimg_pack_fits ("erofs", size, into, error))
    return FALSE;
  return domuimg_mkfs_copy_from (from->fd, from->length, into, error);
}
