/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/tree/stream.h"
#include "lib/tree/tree.h"

/* Fills an empty ext filesystem, as mke2fs made it, with entries from a stream in one pass: file data
 * goes straight to its blocks, one file behind another; what is kept in memory is a name and a few
 * numbers an entry. Directories are written last. The result depends on the stream and the tree's
 * clock only. Each entry is added while it is the stream's current one, under the path that it has in
 * this filesystem. */
typedef struct _DomuimgExtWriter DomuimgExtWriter;

DomuimgExtWriter *domuimg_ext_writer_new (DomuimgRegion *region, DomuimgStream *stream,
                                          GError **error);
gboolean domuimg_ext_writer_add (DomuimgExtWriter *self, const DomuimgEntry *entry,
                                 GError **error);
/* The filesystem, still open: closing it, which waits for the disk when it is opened again, is left to
 * domuimg_tree_ext_close (). */
DomuimgTree *domuimg_ext_writer_finish (DomuimgExtWriter *self, GCancellable *cancellable,
                                        GError **error);
void domuimg_ext_writer_free (DomuimgExtWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExtWriter, domuimg_ext_writer_free)
