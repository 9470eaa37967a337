/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fs.h"

/* Fills an empty filesystem with entries from a stream: each is added while it is the stream's current
 * one, under the path that it has in this filesystem. */
typedef struct _DomuimgUmlWriter DomuimgUmlWriter;

/* The filesystem @fs ("xfs", "btrfs", "f2fs"; a constant) in @region. A btrfs that is the root of a guest
 * gets the subvolumes @ and, for /home, @home. */
DomuimgUmlWriter *domuimg_uml_writer_new (DomuimgRegion *region, const char *fs, gboolean is_root,
                                          DomuimgStream *stream, GError **error);
gboolean domuimg_uml_writer_add (DomuimgUmlWriter *self, const DomuimgEntry *entry,
                                 GError **error);
/* The filesystem stays open; then only free may be called. */
DomuimgTree *domuimg_uml_writer_finish (DomuimgUmlWriter *self, GError **error);
void domuimg_uml_writer_free (DomuimgUmlWriter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgUmlWriter, domuimg_uml_writer_free)
