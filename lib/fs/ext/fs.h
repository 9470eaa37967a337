/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ext2fs/ext2fs.h>

#include "lib/base/region.h"
#include "lib/fs/ext/behind.h"
#include "lib/fs/ext/writeback.h"
#include "lib/tree/stream.h"

/* What the ext tree and the ext writer share: an open filesystem, where its blocks go,
 * inodes from entries. Formats: ext4 as Linux's Documentation/filesystems/ext4 gives it. */

typedef struct {
  ext2_filsys fs;
  DomuimgRegion *region; /* file data is read and written here, past libext2fs's cache */
  blk64_t next;     /* where the next block is looked for */
  DomuimgTime now;  /* for atime, ctime and crtime */
  guint8 *buffer;   /* data on its way to blocks that follow one another */
  gsize buffered;
  guint64 buffer_at;
  guint64 unsynced;
  GHashTable *names; /* (nullable) "DIRECTORY/NAME" → inode, 0 if there is none: what was looked up
                      * and has not changed since */
  DomuimgExtWriteback *writeback; /* (nullable) once much was written */
  DomuimgExtBehind *behind; /* (nullable) while the filesystem is filled */
  guint8 *filling;          /* of its buffers, in place of @buffer */
} DomuimgExtFs;

/* A run of blocks: logical, physical, both in the filesystem's block size. */
typedef struct {
  blk64_t logical;
  blk64_t physical;
  guint32 length;
} DomuimgExtRun;

/* The filesystem in @region, which is open for writing where that is wanted. */
DomuimgExtFs *domuimg_ext_fs_open (DomuimgRegion *region, gboolean writable, GError **error);
/* What libext2fs makes of @region: the only place where it is told to open anything. @flags:
 * EXT2_FLAG_*. */
errcode_t domuimg_ext_open_library (DomuimgRegion *region, int flags, ext2_filsys *fs);
/* Writes all metadata to the file. */
gboolean domuimg_ext_fs_flush (DomuimgExtFs *self, GError **error);
/* Writes all metadata out, frees @self; with @sync waits until it is on the disk. */
gboolean domuimg_ext_fs_close (DomuimgExtFs *self, gboolean sync, GError **error);
/* Frees without writing. */
void domuimg_ext_fs_free (DomuimgExtFs *self);
/* FALSE, with @code of libext2fs as an error: "IMAGE: doing WHAT: ...". */
gboolean domuimg_ext_fail (DomuimgExtFs *self, errcode_t code, GError **error, const char *what,
                           ...) G_GNUC_PRINTF (4, 5);

/* A symlink shorter than this lies in the inode itself. */
#define DOMUIMG_EXT_FAST_SYMLINK sizeof (((struct ext2_inode *) 0)->i_block)

/* With all of an inode's room for extended attributes, so that a used inode's do not stay. */
typedef union {
  struct ext2_inode base;
  struct ext2_inode_large large;
  guint8 all[1024];
} DomuimgExtInode;

/* ext-alloc.c */
/* Appends to @runs (DomuimgExtRun) blocks for @length logical blocks from @logical, marked
 * as used. */
gboolean domuimg_ext_allocate (DomuimgExtFs *self, blk64_t logical, guint64 length,
                               GArray *runs, GError **error);
/* Gives the blocks of @runs back. */
void domuimg_ext_release (DomuimgExtFs *self, const GArray *runs);
/* Runs for a file of @size bytes, whose data is in @ranges (NULL: everywhere). */
gboolean domuimg_ext_allocate_file (DomuimgExtFs *self, guint64 size, const GArray *ranges,
                                    GArray *runs, GError **error);
/* Writes @length bytes of a file at @offset to the blocks in @runs. */
gboolean domuimg_ext_write_data (DomuimgExtFs *self, const GArray *runs, guint64 offset,
                                 const void *data, gsize length, GError **error);
/* Does not wait for the disk. */
void domuimg_ext_begin_writeback (DomuimgExtFs *self);
/* Until domuimg_ext_end_behind, data is written in another thread, if that gains anything. */
void domuimg_ext_begin_behind (DomuimgExtFs *self);
gboolean domuimg_ext_end_behind (DomuimgExtFs *self, GError **error);
/* The data that is still buffered; all of it has been written then. */
gboolean domuimg_ext_flush_data (DomuimgExtFs *self, GError **error);
/* Fills what the file's last block has after the file's end. */
gboolean domuimg_ext_write_tail (DomuimgExtFs *self, const GArray *runs, guint64 size,
                                 GError **error);

/* ext-inode.c */
gboolean domuimg_ext_new_inode (DomuimgExtFs *self, gboolean directory, ext2_ino_t *ino,
                                GError **error);
/* Frees blocks, extended attributes and the inode itself. */
gboolean domuimg_ext_free_inode (DomuimgExtFs *self, ext2_ino_t ino, GError **error);
/* Writes inode @ino from @entry, with its extents @runs (NULL for none), symlink target,
 * device numbers, link count and extended attributes. */
gboolean domuimg_ext_write_inode (DomuimgExtFs *self, ext2_ino_t ino, const DomuimgEntry *entry,
                                  const GArray *runs, guint links, GError **error);
/* Owner, mode, mtime and extended attributes of an inode that is there. */
gboolean domuimg_ext_update_inode (DomuimgExtFs *self, ext2_ino_t ino,
                                   const DomuimgEntry *entry, GError **error);
/* Gives a directory its blocks in place of those that it has, and its link count. */
gboolean domuimg_ext_set_directory_blocks (DomuimgExtFs *self, ext2_ino_t ino,
                                           const GArray *runs, guint links,
                                           gboolean is_indexed, GError **error);
/* Empties libext2fs's cache into the file, without waiting for the disk. */
errcode_t domuimg_ext_write_cache (DomuimgExtFs *self);
gboolean domuimg_ext_change_links (DomuimgExtFs *self, ext2_ino_t ino, int by, GError **error);
int domuimg_ext_file_type (DomuimgEntryType type);

/* ext-read.c */
/* The entry of an inode, @path copied into it, xattrs and symlink target included. */
DomuimgEntry *domuimg_ext_read_entry (DomuimgExtFs *self, ext2_ino_t ino, const char *path,
                                      GError **error);
/* Up to @length bytes of a file, 0 at its end, -1 on error. */
gssize domuimg_ext_read_data (DomuimgExtFs *self, ext2_ino_t ino, struct ext2_inode *inode,
                              guint64 offset, void *buffer, gsize length, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExtFs, domuimg_ext_fs_free)
