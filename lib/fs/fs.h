/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/fs/appliance.h"
#include "lib/fs/mkfs.h"
#include "lib/tree/tree.h"

/* Filesystems in regions. A filesystem is a row of the table in fs.c, which says what can be done
 * with it here; what has no row, or no open (), the appliance opens. */

/* What is filled with files, and how full that makes it. */
typedef struct {
  DomuimgStream *stream;
  DomuimgUsage *usage; /* what has come is added, the entry at which it failed included */
  DomuimgProgress *progress; /* (nullable) */
} DomuimgFsContent;

/* Fills an empty filesystem with entries that are given one by one, in the order of a stream. */
typedef struct {
  /* What is given is the current entry of @stream, but for its path. @fs: the row's name. @is_root: of
   * the guest; some have subvolumes then. */
  gpointer (*begin) (const char *fs, DomuimgRegion *region, gboolean is_root,
                     DomuimgStream *stream, GError **error);
  gboolean (*add) (gpointer writer, const DomuimgEntry *entry, GError **error);
  /* The filesystem stays open; then only free () may be called. */
  DomuimgTree *(*finish) (gpointer writer, GCancellable *cancellable, GError **error);
  void (*free) (gpointer writer);
  /* begin () takes a region that is part of a file, and no other. */
  gboolean needs_file;
} DomuimgFsWriter;

typedef struct {
  const char *name; /* as blkid(8) and --disk fs= have it */
  /* NULL where it holds no files: bytes of the smallest one that holds @usage. */
  guint64 (*get_min_size) (const DomuimgUsage *usage);
  /* Makes an empty one over all of @region, which reads as zeros. */
  gboolean (*make) (const DomuimgMkfs *what, const DomuimgRegion *region,
                    GCancellable *cancellable, GError **error);
  /* NULL where it holds no files, or the appliance opens it. */
  DomuimgTree *(*open) (DomuimgRegion *region, gboolean writable, GError **error);
  /* NULL where it cannot be filled as it is made: so it cannot be a new root. */
  const DomuimgFsWriter *writer;
  /* NULL where it keeps the size that it was made with. Gives the one in @region, whose label and
   * UUID are in @what and which nobody has open, @size bytes, for which there is room. */
  gboolean (*resize) (const DomuimgMkfs *what, DomuimgRegion *region, guint64 size,
                      GCancellable *cancellable, GError **error);
  /* NULL where nothing in it needs room: *@size becomes what resize () does not go below. */
  gboolean (*get_least_size) (const DomuimgRegion *region, guint64 *size,
                              GCancellable *cancellable, GError **error);
  /* resize () takes a whole file, as resize2fs cuts off the one that it works on. */
  gboolean resizes_files;
  /* (nullable) It is only read: in place of @make and @writer, makes one in @into, which reads as zeros, of the
   * files of a closed one of ext in @from. */
  gboolean (*pack) (const DomuimgMkfs *what, DomuimgRegion *from, const DomuimgRegion *into,
                    GCancellable *cancellable, GError **error);
  gboolean has_no_uuid;
} DomuimgFs;

/* Bytes of the smallest one that holds @usage, and of one with room to live in. */
guint64 domuimg_fs_min_size (const DomuimgFs *fs, const DomuimgUsage *usage);
guint64 domuimg_fs_default_size (const DomuimgFs *fs, const DomuimgUsage *usage);
/* (nullable) The row for @name (nullable). */
const DomuimgFs *domuimg_fs_find (const char *name);
/* Whether it is written once, as a whole, and only read then; FALSE of @self (nullable) that is not known. */
gboolean domuimg_fs_is_packed (const DomuimgFs *self);
/* Whether nothing in it tells it from others; FALSE of @self (nullable) that is not known. */
gboolean domuimg_fs_has_no_uuid (const DomuimgFs *self);
/* The row of what files are put into for this one: ext4 where it is packed later. */
const DomuimgFs *domuimg_fs_find_filled (const DomuimgFs *self);
/* Fills the empty filesystem in @region, which has a writer, as the root of a guest. What was filled
 * stays open, as open () gives it. */
DomuimgTree *domuimg_fs_fill (const DomuimgFs *fs, DomuimgRegion *region,
                              const DomuimgFsContent *content, GCancellable *cancellable,
                              GError **error);

/* Where a filesystem is that was found on a disk. */
typedef struct {
  DomuimgRegion *region;   /* (nullable) its bytes, where they lie in one piece */
  DomuimgAppliance *appliance; /* for what no row opens */
  DomuimgAppliancePlace there; /* where the appliance finds it */
} DomuimgFsPlace;

/* To be closed by domuimg_fs_close_tree. */
DomuimgTree *domuimg_fs_open_tree (const DomuimgFsPlace *place, gboolean writable, GError **error);
/* Has what was changed in the filesystem, and not in the tree only, where that is known here. */
gboolean domuimg_fs_flush_tree (DomuimgTree *tree, GError **error);
/* Writes everything out where it was writable, and unrefs @tree. */
gboolean domuimg_fs_close_tree (DomuimgTree *tree, GError **error);
