/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* What several layers of a container image are together, told by their names alone: which entry of which
 * layer each file of the guest comes from. Upper layers win; a whiteout deletes what lower ones have; a hard
 * link may be to a file of a lower layer, and keeps that when the file's own name gets another one. */
typedef struct _DomuimgOciMerge DomuimgOciMerge;

DomuimgOciMerge *domuimg_oci_merge_new (void);
void domuimg_oci_merge_free (DomuimgOciMerge *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOciMerge, domuimg_oci_merge_free)

/* Begins the next layer, above those before it; @name is for messages. */
void domuimg_oci_merge_begin (DomuimgOciMerge *self, const char *name);
/* The layer's next entry, and what it takes. UNSAFE_INPUT or CORRUPT_INPUT, where it leads out of the root or
 * nowhere. */
gboolean domuimg_oci_merge_add (DomuimgOciMerge *self, const DomuimgEntry *entry, guint64 data_bytes,
                                guint64 other_bytes, GError **error);
/* Ends the layer: hard links that came before their target are made. */
gboolean domuimg_oci_merge_end (DomuimgOciMerge *self, GError **error);

/* Once all layers are in. (element-type utf8) (transfer full) (nullable) The names in the guest of the entry
 * @index of @layer, both from 0: NULL where the guest has nothing of it. */
GPtrArray *domuimg_oci_merge_list_names (DomuimgOciMerge *self, guint layer, guint index);
/* Whether there is anything at @path but a directory; links are followed. */
gboolean domuimg_oci_merge_has_file (DomuimgOciMerge *self, const char *path);
/* (element-type utf8) (transfer full) Names in a directory, in no order; empty where there is none. */
GPtrArray *domuimg_oci_merge_list (DomuimgOciMerge *self, const char *path);
void domuimg_oci_merge_measure (DomuimgOciMerge *self, guint64 *entries, guint64 *data_bytes,
                                guint64 *other_bytes);
