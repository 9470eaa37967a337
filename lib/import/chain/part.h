/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/bytes.h"
#include "lib/base/region.h"

/* An image file, or the part of an archive that is one, while its headers are read. */
typedef struct {
  const DomuimgRegion *region;
  const char *name; /* the region's */
  guint64 size;     /* the region's */
  guint64 budget;   /* bytes of tables that are still looked through */
} DomuimgPart;

/* Compressed grains, all in one VMDK, in sectors. */
typedef struct {
  guint64 capacity;
  guint64 size; /* of a grain; 0: there are no such grains */
  guint64 per_table;
  guint64 directory; /* where it lies */
} DomuimgVmdkGrains;

/* What a header says. */
typedef struct {
  guint64 size;         /* bytes that a guest sees */
  char *backing;        /* (nullable) as the image names it */
  char *backing_format; /* (nullable) */
  char *data_file;      /* (nullable) of qcow2: all data lies there */
  GPtrArray *extents;   /* (nullable) of DomuimgVmdkExtent: all data lies there */
  DomuimgVmdkGrains grains;
  gboolean has_hint;    /* QEMU, left to itself, would open what the image hints at as a parent */
} DomuimgHeader;

/* Whether @path lies in @directory or further down; both without symbolic links, "." and "..". */
gboolean domuimg_path_is_below (const char *path, const char *directory);

void domuimg_header_clear (DomuimgHeader *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgHeader, domuimg_header_clear)

/* A field of a header's bytes; 0 where they end before. */
static inline guint32
domuimg_header_be32 (DomuimgBytes head, guint64 at)
{
  guint32 value = 0;

  domuimg_bytes_be32 (head, at, &value);
  return value;
}

static inline guint64
domuimg_header_be64 (DomuimgBytes head, guint64 at)
{
  guint64 value = 0;

  domuimg_bytes_be64 (head, at, &value);
  return value;
}

/* CORRUPT_INPUT, naming @what, where the part ends before. */
gboolean domuimg_part_read (const DomuimgPart *self, guint64 offset, void *buffer, gsize length,
                            const char *what, GError **error);
/* That @length bytes of @what at @offset are there. */
gboolean domuimg_part_holds (const DomuimgPart *self, guint64 offset, guint64 length,
                             const char *what, GError **error);
/* A string of @length bytes, at most 4095. */
char *domuimg_part_read_name (const DomuimgPart *self, guint64 offset, guint64 length,
                              const char *what, GError **error);

/* Tables that say where an image's data lies. An entry tells the offset, in bytes, of what it
 * leads to; 0: nothing. */
typedef struct _DomuimgTable DomuimgTable;
typedef guint64 (*DomuimgTableEntry) (const DomuimgTable *self, guint64 entry);

struct _DomuimgTable {
  const char *what;
  guint width; /* bytes of an entry: 4 or 8 */
  guint stride; /* bytes from one entry to the next; 0: @width */
  gboolean big_endian;
  guint64 length; /* bytes of data that each entry leads to; 0: of the last, that may be any */
  guint64 unit; /* of the entries, for their functions */
  guint64 base; /* likewise */
  guint64 count;
  DomuimgTableEntry entry;
  const DomuimgTable *below; /* (nullable) what its entries lead to; NULL: data */
};

/* That every offset lies in the part. Stops, content, when the budget is used up. */
gboolean domuimg_part_check_table (DomuimgPart *self, const DomuimgTable *table, guint64 offset,
                                   GError **error);

/* One for each format: the header is whole, and what it leads to is there. */
gboolean domuimg_part_examine_qcow2 (DomuimgPart *self, DomuimgHeader *header, GError **error);
gboolean domuimg_part_examine_qcow (DomuimgPart *self, DomuimgHeader *header, GError **error);
gboolean domuimg_part_examine_qed (DomuimgPart *self, DomuimgHeader *header, GError **error);
gboolean domuimg_part_examine_vhd (DomuimgPart *self, DomuimgHeader *header, GError **error);
gboolean domuimg_part_examine_vhdx (DomuimgPart *self, DomuimgHeader *header, GError **error);
gboolean domuimg_part_examine_vdi (DomuimgPart *self, DomuimgHeader *header, GError **error);
gboolean domuimg_part_examine_vmdk (DomuimgPart *self, DomuimgHeader *header, GError **error);
