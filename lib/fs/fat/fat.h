/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A FAT filesystem in a region, of 12, 16 or 32 bits: Microsoft's "FAT: General Overview of On-Disk
 * Format", 1.03. Its table is kept in memory, and written by domuimg_fat_flush. */
typedef struct {
  DomuimgRegion *region;
  guint bits;
  guint32 cluster;     /* bytes */
  guint32 n_clusters;  /* their numbers begin with 2 */
  guint32 root;        /* first cluster of the root; 0: it has a place of its own */
  guint64 root_at, data_at, table_at, info_at; /* bytes; @info_at 0: none */
  guint32 root_length; /* bytes, of that place */
  guint32 table_length;
  guint n_tables;
  guint8 *table;
  guint32 hint;        /* where to look for a free cluster */
  gboolean is_changed;
} DomuimgFat;

/* CORRUPT_INPUT for what is none. */
DomuimgFat *domuimg_fat_new (DomuimgRegion *region, GError **error);
void domuimg_fat_free (DomuimgFat *self);
gboolean domuimg_fat_flush (DomuimgFat *self, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgFat, domuimg_fat_free)

/* Bytes of the chain that begins at @first (0: nothing, or with @is_root the root's own place), at most
 * @max; NULL on an error. */
GByteArray *domuimg_fat_read (DomuimgFat *self, guint32 first, gboolean is_root, guint64 max,
                              GError **error);
/* Up to @length bytes of a chain at @offset, -1 on an error. */
gssize domuimg_fat_read_at (DomuimgFat *self, guint32 first, guint64 offset, void *buffer,
                            gsize length, GError **error);
/* Writes @data to new clusters; *@first becomes 0 for no data. NO_SPACE. */
gboolean domuimg_fat_store (DomuimgFat *self, const void *data, gsize length, guint32 *first,
                            GError **error);
/* Writes the whole content of a directory in its place, made longer where that is needed. */
gboolean domuimg_fat_rewrite (DomuimgFat *self, guint32 first, gboolean is_root,
                              const GByteArray *data, GError **error);
void domuimg_fat_release (DomuimgFat *self, guint32 first);
