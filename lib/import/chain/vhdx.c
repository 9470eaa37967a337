/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/chain/part.h"

#include <string.h>

#include "lib/base/bytes.h"

/* [MS-VHDX]: Virtual Hard Disk v2 (VHDX) File Format. */

#define KIB 1024
#define HEADER_1 (64 * KIB)
#define HEADER_2 (128 * KIB)
#define REGIONS_1 (192 * KIB)
#define REGIONS_2 (256 * KIB)
#define TABLE (64 * KIB)
#define LOG_GUID 48
#define ENTRY 32
#define HAS_PARENT 2
#define BLOCK_PRESENT 6
#define BLOCK_STATE 7
#define BLOCK_OFFSET (~(guint64) 0xfffff)
#define MIB ((guint64) 1024 * KIB)

typedef struct {
  guint32 block;
  guint32 flags;
  guint32 sector;
  guint64 size;
} Metadata;

/* In the order of the file's bytes. */
static const guint8 bat_guid[16] = { 0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
                                     0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08 };
static const guint8 metadata_guid[16] = { 0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                          0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e };
static const guint8 parameters_guid[16] = { 0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
                                            0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b };
static const guint8 size_guid[16] = { 0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48,
                                      0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8 };
static const guint8 sector_guid[16] = { 0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47,
                                        0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f };

static gboolean
fail_damaged (const DomuimgPart *self, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is damaged: %s", self->name, what);
}

/* The entry of @guid in a table whose entries of 32 bytes start with one; an empty one where there
 * is none. */
static DomuimgBytes
find_entry (DomuimgBytes table, guint first, guint count, const guint8 *guid)
{
  for (guint i = 0; i < count && domuimg_bytes_has (table, first + i * ENTRY, ENTRY); i++)
    {
      DomuimgBytes entry = domuimg_bytes_slice (table, first + i * ENTRY, ENTRY);

      if (domuimg_bytes_starts_with (entry, guid, 16))
        return entry;
    }
  return domuimg_bytes (table.data, 0);
}

static gboolean
find_region (const DomuimgPart *self, DomuimgBytes regions, const guint8 *guid, const char *what,
             guint64 *offset, guint32 *length, GError **error)
{
  guint32 count = 0;
  DomuimgBytes entry;

  domuimg_bytes_le32 (regions, 8, &count);
  entry = find_entry (regions, 16, count, guid);
  if (!domuimg_bytes_le64 (entry, 16, offset) || !domuimg_bytes_le32 (entry, 24, length))
    return fail_damaged (self, "its table of regions is not whole", error);
  return domuimg_part_holds (self, *offset, *length, what, error);
}

/* What was not written back from its log is not in the image. */
static gboolean
check_log (const DomuimgPart *self, GError **error)
{
  static const guint64 places[] = { HEADER_1, HEADER_2 };
  static const guint8 none[16] = { 0 };
  guint64 newest = 0;
  gboolean has_log = FALSE, found = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      guint8 header[80];
      guint64 sequence = 0;

      if (!domuimg_part_read (self, places[i], header, sizeof header, "header", error))
        return FALSE;
      domuimg_bytes_le64 (domuimg_bytes (header, sizeof header), 8, &sequence);
      if (memcmp (header, "head", 4) != 0 || (found && sequence < newest))
        continue;
      found = TRUE;
      newest = sequence;
      has_log = memcmp (header + LOG_GUID, none, sizeof none) != 0;
    }
  if (!found)
    return fail_damaged (self, "it has no header", error);
  if (!has_log)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s was not closed cleanly and has a log that is to be replayed; shut the"
                       " old machine down, or run qemu-img check -r all on a copy",
                       self->name);
}

static DomuimgBytes
find_item (DomuimgBytes region, const guint8 *guid)
{
  guint16 count = 0;
  guint32 offset, length;
  DomuimgBytes entry;

  domuimg_bytes_le16 (region, 10, &count);
  entry = find_entry (region, ENTRY, count, guid);
  if (!domuimg_bytes_le32 (entry, 16, &offset) || !domuimg_bytes_le32 (entry, 20, &length))
    return domuimg_bytes (region.data, 0);
  return domuimg_bytes_slice (region, offset, length);
}

static gboolean
read_metadata (const DomuimgPart *self, DomuimgBytes regions, Metadata *metadata, GError **error)
{
  g_autofree guint8 *buffer = NULL;
  DomuimgBytes region, parameters;
  guint64 offset;
  guint32 length;

  if (!find_region (self, regions, metadata_guid, "metadata", &offset, &length, error))
    return FALSE;
  /* The table and the items that are of interest take less than 128 KiB; the region has 1 MiB. */
  length = MIN (length, MIB);
  buffer = g_malloc (length);
  if (!domuimg_part_read (self, offset, buffer, length, "metadata", error))
    return FALSE;
  region = domuimg_bytes (buffer, length);
  parameters = find_item (region, parameters_guid);
  if (!domuimg_bytes_le32 (parameters, 0, &metadata->block)
      || !domuimg_bytes_le32 (parameters, 4, &metadata->flags)
      || !domuimg_bytes_le64 (find_item (region, size_guid), 0, &metadata->size)
      || !domuimg_bytes_le32 (find_item (region, sector_guid), 0, &metadata->sector))
    return fail_damaged (self, "its metadata is not whole", error);
  if (metadata->block < MIB || metadata->block > 256 * MIB
      || (metadata->block & (metadata->block - 1)) != 0 || metadata->size > (guint64) 1 << 46
      || (metadata->sector != 512 && metadata->sector != 4096))
    return fail_damaged (self, "its metadata gives sizes that no disk has", error);
  return TRUE;
}

static guint64
bat_entry (const DomuimgTable *table, guint64 entry)
{
  return (entry & BLOCK_STATE) >= BLOCK_PRESENT ? entry & BLOCK_OFFSET : 0;
}

static gboolean
check_blocks (DomuimgPart *self, DomuimgBytes regions, const Metadata *metadata, GError **error)
{
  guint64 blocks = (metadata->size + metadata->block - 1) / metadata->block;
  guint64 ratio = ((guint64) metadata->sector << 23) / metadata->block;
  /* After as many blocks comes an entry of another kind, which is used with a parent only. */
  guint64 count = blocks + (blocks > 0 ? (blocks - 1) / ratio : 0);
  DomuimgTable table = { .what = "table of blocks",
                         .width = 8,
                         .length = metadata->block,
                         .count = count,
                         .entry = bat_entry };
  guint64 offset;
  guint32 length;

  if (!find_region (self, regions, bat_guid, "table of blocks", &offset, &length, error))
    return FALSE;
  if (count > length / 8)
    return fail_damaged (self, "its table does not cover the disk", error);
  return domuimg_part_check_table (self, &table, offset, error);
}

gboolean
domuimg_part_examine_vhdx (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (TABLE);
  DomuimgBytes regions = domuimg_bytes (buffer, TABLE);
  Metadata metadata = { 0 };

  if (!domuimg_part_holds (self, 0, REGIONS_2 + TABLE, "header", error)
      || !domuimg_part_read (self, REGIONS_1, buffer, TABLE, "table of regions", error))
    return FALSE;
  if (!domuimg_bytes_starts_with (regions, "regi", 4)
      && !domuimg_part_read (self, REGIONS_2, buffer, TABLE, "table of regions", error))
    return FALSE;
  if (!domuimg_bytes_starts_with (regions, "regi", 4))
    return fail_damaged (self, "it has no table of regions", error);
  if (!check_log (self, error) || !read_metadata (self, regions, &metadata, error))
    return FALSE;
  if ((metadata.flags & HAS_PARENT) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s holds only what differs from its parent, which QEMU cannot put"
                         " together; merge it into the parent on the old machine, and convert that",
                         self->name);
  header->size = metadata.size;
  return check_blocks (self, regions, &metadata, error);
}
