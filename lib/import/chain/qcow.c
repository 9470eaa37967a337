/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/chain/part.h"

#include <string.h>

#include "lib/base/bytes.h"

/* QEMU's own formats: docs/interop/qcow2.rst and qed_spec.rst of QEMU. */

#define HEADER 112
#define OFFSET_MASK 0x00fffffffffffe00ULL
#define COMPRESSED_QCOW2 (1ULL << 62)
#define COMPRESSED_QCOW (1ULL << 63)
/* Incompatible features of qcow2. */
#define CORRUPT (1 << 1)
#define DATA_FILE (1 << 2)
#define EXTENDED_L2 (1 << 4)
#define KNOWN_FEATURES 0x1f
/* Header extensions of qcow2. */
#define EXTENSION_BACKING_FORMAT 0xe2792aca
#define EXTENSION_DATA_FILE 0x44415441
#define EXTENSIONS_MAX 64
/* Features of QED. */
#define QED_BACKING 1
#define QED_BACKING_RAW 4
#define QED_KNOWN_FEATURES 7

static gboolean
fail_damaged (const DomuimgPart *self, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its header is damaged: %s",
                       self->name, what);
}

static gboolean
check_encryption (const DomuimgPart *self, guint32 method, GError **error)
{
  if (method == 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: the disk is encrypted (%s); decrypt it first, with qemu-img convert",
                       self->name, method == 2 ? "LUKS" : "AES");
}

static gboolean
take_extension (const DomuimgPart *self, guint32 type, guint64 at, guint32 length,
                DomuimgHeader *header, GError **error)
{
  char **to = type == EXTENSION_BACKING_FORMAT ? &header->backing_format : &header->data_file;

  g_clear_pointer (to, g_free);
  *to = domuimg_part_read_name (self, at, length,
                                type == EXTENSION_BACKING_FORMAT ? "name of the backing format"
                                                                 : "name of the data file",
                                error);
  return *to != NULL;
}

static gboolean
read_extensions (const DomuimgPart *self, guint64 at, DomuimgHeader *header, GError **error)
{
  for (guint i = 0; i < EXTENSIONS_MAX; i++)
    {
      guint8 buffer[8];
      DomuimgBytes bytes = domuimg_bytes (buffer, sizeof buffer);
      guint32 type, length;

      if (!domuimg_part_read (self, at, buffer, sizeof buffer, "header extensions", error))
        return FALSE;
      type = domuimg_header_be32 (bytes, 0);
      length = domuimg_header_be32 (bytes, 4);
      if (type == 0)
        return TRUE;
      if ((type == EXTENSION_BACKING_FORMAT || type == EXTENSION_DATA_FILE)
          && !take_extension (self, type, at + 8, length, header, error))
        return FALSE;
      at += 8 + (((guint64) length + 7) & ~(guint64) 7);
    }
  return fail_damaged (self, "it has extensions without end", error);
}

static guint64
qcow2_l1_entry (const DomuimgTable *table, guint64 entry)
{
  return entry & OFFSET_MASK;
}

/* The unit is a mask for the offset of compressed data. */
static guint64
qcow2_l2_entry (const DomuimgTable *table, guint64 entry)
{
  return (entry & COMPRESSED_QCOW2) != 0 ? entry & table->unit : entry & OFFSET_MASK;
}

/* Where the data lies in another file, its offsets are of that. */
static guint64
no_entry (const DomuimgTable *table, guint64 entry)
{
  return 0;
}

static gboolean
check_qcow2_tables (DomuimgPart *self, DomuimgBytes head, guint64 features, GError **error)
{
  guint bits = domuimg_header_be32 (head, 20);
  guint stride = (features & EXTENDED_L2) != 0 ? 16 : 8;
  guint64 l2_count = ((guint64) 1 << bits) / stride;
  guint32 l1_count = domuimg_header_be32 (head, 36);
  DomuimgTable l2 = { .what = "table of clusters (L2)",
                      .width = 8,
                      .stride = stride,
                      .big_endian = TRUE,
                      .unit = ((guint64) 1 << (70 - bits)) - 1,
                      .count = l2_count,
                      .entry = (features & DATA_FILE) != 0 ? no_entry : qcow2_l2_entry };
  DomuimgTable l1 = { .what = "table of tables (L1)",
                      .width = 8,
                      .big_endian = TRUE,
                      .count = l1_count,
                      .entry = qcow2_l1_entry,
                      .below = &l2 };
  guint64 needed = domuimg_header_be64 (head, 24) / l2_count / ((guint64) 1 << bits);

  if (l1_count < needed)
    return fail_damaged (self, "its table does not cover the disk", error);
  return domuimg_part_check_table (self, &l1, domuimg_header_be64 (head, 40), error);
}

static gboolean
check_qcow2_features (const DomuimgPart *self, guint64 features, GError **error)
{
  if ((features & CORRUPT) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is marked as corrupt; repair it with qemu-img check -r all",
                         self->name);
  if ((features & ~(guint64) KNOWN_FEATURES) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s needs features of qcow2 that are not known here (0x%" G_GINT64_MODIFIER
                         "x)",
                         self->name, features & ~(guint64) KNOWN_FEATURES);
  return TRUE;
}

gboolean
domuimg_part_examine_qcow2 (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  guint8 buffer[HEADER] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint64 features = 0;
  guint64 extensions = 72;
  guint32 bits;

  if (!domuimg_part_read (self, 0, buffer, MIN (self->size, sizeof buffer), "header", error)
      || !domuimg_part_holds (self, 0, extensions, "header", error))
    return FALSE;
  if (domuimg_header_be32 (head, 4) >= 3)
    {
      features = domuimg_header_be64 (head, 72);
      extensions = domuimg_header_be32 (head, 100);
    }
  header->size = domuimg_header_be64 (head, 24);
  bits = domuimg_header_be32 (head, 20);
  if (bits < 9 || bits > 21)
    return fail_damaged (self, "its clusters have no size that there is", error);
  if (!check_encryption (self, domuimg_header_be32 (head, 32), error)
      || !check_qcow2_features (self, features, error)
      || !read_extensions (self, extensions, header, error))
    return FALSE;
  if ((features & DATA_FILE) == 0)
    g_clear_pointer (&header->data_file, g_free);
  else if (header->data_file == NULL)
    return fail_damaged (self, "it has a data file, and does not name it", error);
  if (domuimg_header_be64 (head, 8) != 0)
    {
      header->backing = domuimg_part_read_name (self, domuimg_header_be64 (head, 8), domuimg_header_be32 (head, 16),
                                                "name of the backing file", error);
      if (header->backing == NULL)
        return FALSE;
    }
  return check_qcow2_tables (self, head, features, error);
}

static guint64
plain_entry (const DomuimgTable *table, guint64 entry)
{
  return entry;
}

static guint64
qcow_l2_entry (const DomuimgTable *table, guint64 entry)
{
  return (entry & COMPRESSED_QCOW) != 0 ? entry & table->unit : entry;
}

gboolean
domuimg_part_examine_qcow (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  guint8 buffer[48] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint bits, l2_bits;

  if (!domuimg_part_read (self, 0, buffer, sizeof buffer, "header", error))
    return FALSE;
  header->size = domuimg_header_be64 (head, 24);
  bits = buffer[32];
  l2_bits = buffer[33];
  if (bits < 9 || bits > 16 || l2_bits < 6 || l2_bits > 13)
    return fail_damaged (self, "its clusters have no size that there is", error);
  if (!check_encryption (self, domuimg_header_be32 (head, 36), error))
    return FALSE;
  if (domuimg_header_be64 (head, 8) != 0)
    {
      header->backing = domuimg_part_read_name (self, domuimg_header_be64 (head, 8), domuimg_header_be32 (head, 16),
                                                "name of the backing file", error);
      if (header->backing == NULL)
        return FALSE;
    }
  DomuimgTable l2 = { .what = "table of clusters (L2)",
                      .width = 8,
                      .big_endian = TRUE,
                      .unit = ((guint64) 1 << (63 - bits)) - 1,
                      .count = (guint64) 1 << l2_bits,
                      .entry = qcow_l2_entry };
  DomuimgTable l1 = { .what = "table of tables (L1)",
                      .width = 8,
                      .big_endian = TRUE,
                      .count = (header->size >> (bits + l2_bits)) + 1,
                      .entry = plain_entry,
                      .below = &l2 };
  if ((header->size & (((guint64) 1 << (bits + l2_bits)) - 1)) == 0)
    l1.count--;
  return domuimg_part_check_table (self, &l1, domuimg_header_be64 (head, 40), error);
}

/* 1 is a cluster of zeros. */
static guint64
qed_l2_entry (const DomuimgTable *table, guint64 entry)
{
  return entry == 1 ? 0 : entry;
}

gboolean
domuimg_part_examine_qed (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  guint8 buffer[64] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint32 cluster, table, name_at, name_length;
  guint64 features, l1_at;

  if (!domuimg_part_read (self, 0, buffer, sizeof buffer, "header", error))
    return FALSE;
  domuimg_bytes_le32 (head, 4, &cluster);
  domuimg_bytes_le32 (head, 8, &table);
  domuimg_bytes_le64 (head, 16, &features);
  domuimg_bytes_le64 (head, 40, &l1_at);
  domuimg_bytes_le64 (head, 48, &header->size);
  domuimg_bytes_le32 (head, 56, &name_at);
  domuimg_bytes_le32 (head, 60, &name_length);
  if (cluster < 4096 || cluster > 64 << 20 || (cluster & (cluster - 1)) != 0 || table == 0
      || table > 16)
    return fail_damaged (self, "its clusters have no size that there is", error);
  if ((features & ~(guint64) QED_KNOWN_FEATURES) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s needs features of QED that are not known here", self->name);
  if ((features & QED_BACKING) != 0)
    {
      header->backing
          = domuimg_part_read_name (self, name_at, name_length, "name of the backing file", error);
      if (header->backing == NULL)
        return FALSE;
      if ((features & QED_BACKING_RAW) != 0)
        header->backing_format = g_strdup ("raw");
    }
  DomuimgTable l2 = { .what = "table of clusters (L2)",
                      .width = 8,
                      .count = (guint64) table * cluster / 8,
                      .entry = qed_l2_entry };
  DomuimgTable l1 = l2;
  l1.what = "table of tables (L1)";
  l1.entry = plain_entry;
  l1.below = &l2;
  return domuimg_part_check_table (self, &l1, l1_at, error);
}
