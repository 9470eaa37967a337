/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fs.h"

/* Fills the empty filesystem @fs ("xfs", "btrfs", "f2fs"; a constant) in @region, as domuimg_fs's fill
 * does: the root of a guest. A btrfs gets the subvolumes @ and, for /home, @home. */
DomuimgTree *domuimg_uml_write_stream (DomuimgRegion *region, const char *fs,
                                       const DomuimgFsContent *content, GCancellable *cancellable,
                                       GError **error);

/* The same for entries of any mount point, without subvolumes, that somebody else takes
 * from @stream: each is added while it is the stream's current one, under the path that it has in this
 * filesystem. */
typedef struct _DomuimgUmlWriter DomuimgUmlWriter;

DomuimgUmlWriter *domuimg_uml_writer_new (DomuimgRegion *region, const char *fs,
                                          DomuimgStream *stream, GError **error);
gboolean domuimg_uml_writer_add (DomuimgUmlWriter *self, const DomuimgEntry *entry,
                                 GError **error);
/* The filesystem stays open; then only free may be called. */
DomuimgTree *domuimg_uml_writer_finish (DomuimgUmlWriter *self, GError **error);
void domuimg_uml_writer_free (DomuimgUmlWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgUmlWriter, domuimg_uml_writer_free)
