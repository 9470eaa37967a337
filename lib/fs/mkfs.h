/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/tree/stream.h"

/* An empty filesystem to be made. */
typedef struct {
  const char *fs_type; /* "ext4", "ext3", "ext2", "swap" or "vfat" */
  const char *label;   /* NULL for none */
  const char *uuid;    /* lower case */
  const char *features; /* NULL for none; names with ":" between them */
  guint64 inodes;      /* 0: by the size */
  double reserved;     /* percent of the blocks, for root; 0: 1, negative: none */
} DomuimgMkfs;

/* Makes it over all of @region, which reads as zeros, and is open for writing. */
gboolean domuimg_mkfs_run (const DomuimgMkfs *self, const DomuimgRegion *region,
                           GCancellable *cancellable, GError **error);

/* Bytes of the smallest ext4 filesystem that holds @usage. */
guint64 domuimg_mkfs_min_size (const DomuimgUsage *usage);
/* The size to give a guest when nobody says, where @least is the smallest: room to live in. */
guint64 domuimg_mkfs_default_size (guint64 least);

/* Writes what is not zero of the file @from to @region, which reads as zeros. */
gboolean domuimg_mkfs_copy (int from, const DomuimgRegion *region, GError **error);
/* What lies behind @offset only, which becomes the region's beginning. */
gboolean domuimg_mkfs_copy_from (int from, guint64 offset, const DomuimgRegion *region,
                                 GError **error);

/* mkfs-others.c: the same of XFS, btrfs and F2FS. The program's file is in memory, and only what it
 * writes there that is not zeros gets to @region. */
gboolean domuimg_mkfs_run_other (const DomuimgMkfs *self, const DomuimgRegion *region,
                                 GCancellable *cancellable, GError **error);
guint64 domuimg_mkfs_xfs_min_size (const DomuimgUsage *usage);
guint64 domuimg_mkfs_btrfs_min_size (const DomuimgUsage *usage);
guint64 domuimg_mkfs_f2fs_min_size (const DomuimgUsage *usage);
