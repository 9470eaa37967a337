/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/copy.h"
#include "lib/tree/tree.h"

/* An ext2/3/4 filesystem in a region, by libext2fs: no mount and no root. */
#define DOMUIMG_TYPE_TREE_EXT (domuimg_tree_ext_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeExt, domuimg_tree_ext, DOMUIMG, TREE_EXT, GObject)

/* @region is open for writing where @writable is set. */
DomuimgTree *domuimg_tree_ext_open (DomuimgRegion *region, gboolean writable, GError **error);
/* Writes everything out, so that others find it in the file, and goes on. */
gboolean domuimg_tree_ext_flush (DomuimgTreeExt *self, GError **error);
/* Writes everything out and closes; later calls fail. Disposing without it throws
 * metadata changes away. */
gboolean domuimg_tree_ext_close (DomuimgTreeExt *self, GError **error);
/* For a copy that the kernel makes, of a file in a filesystem for reading only. */
DomuimgExtCopy *domuimg_tree_ext_find_copy (DomuimgTreeExt *self, const char *path, GError **error);
/* Where a file's @size bytes may be written over in place, as GRUB does with its environment block: in a
 * filesystem that was unmounted, of which no journal says something else, and a file whose bytes are plain.
 * NOT_SUPPORTED where that is not so. */
gboolean domuimg_tree_ext_find_place (DomuimgTreeExt *self, const char *path, gsize size,
                                      guint64 *offset, GError **error);
/* The filesystem's UUID in lower-case text. */
char *domuimg_tree_ext_get_uuid (DomuimgTreeExt *self);
/* (nullable) */
char *domuimg_tree_ext_get_label (DomuimgTreeExt *self);
