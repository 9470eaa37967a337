/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/chain/part.h"

#include <string.h>

#include "lib/base/bytes.h"

/* VHD: Microsoft's Virtual Hard Disk Image Format Specification. VDI: VirtualBox's VDICore.h. */

#define SECTOR 512
#define VHD_FIXED 2
#define VHD_DYNAMIC 3
#define VHD_DIFFERENCING 4
#define VHD_UNUSED G_MAXUINT32
#define VHD_PARENT_NAME 64
#define VHD_PARENT_NAME_LENGTH 512
/* The largest disk that cylinders, heads and sectors can tell, in sectors. */
#define VHD_MOST ((guint64) 65535 * 16 * 255)
#define VDI_DYNAMIC 1
#define VDI_FIXED 2
#define VDI_UNUSED 0xfffffffeU
#define VDI_LINK 0x1a8

/* QEMU goes by the size that was asked for where its writer is known to keep to it, and by the
 * geometry, which other programs go by, otherwise. */
static guint64
vhd_size (DomuimgBytes footer)
{
  static const char *const writers[] = { "win ", "qem2", "d2v ", "tap\0", "CTXS" };
  guint64 geometry = (guint64) (domuimg_header_be32 (footer, 56) >> 16) * footer.data[58] * footer.data[59];

  for (guint i = 0; i < G_N_ELEMENTS (writers); i++)
    if (memcmp (footer.data + 28, writers[i], 4) == 0)
      return domuimg_header_be64 (footer, 48) / SECTOR * SECTOR;
  return (geometry == VHD_MOST ? domuimg_header_be64 (footer, 48) / SECTOR : geometry) * SECTOR;
}

static gboolean
fail_parent (const DomuimgPart *self, const char *parent, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s holds only what differs from its parent%s%s, which QEMU cannot put"
                       " together; merge it into the parent on the old machine, and convert that",
                       self->name, *parent != '\0' ? " " : "", parent);
}

static char *
vhd_parent (DomuimgBytes dynamic)
{
  g_autofree char *name = g_convert ((const char *) dynamic.data + VHD_PARENT_NAME,
                                     VHD_PARENT_NAME_LENGTH, "UTF-8", "UTF-16BE", NULL, NULL, NULL);

  return name != NULL ? g_steal_pointer (&name) : g_strdup ("");
}

static guint64
vhd_entry (const DomuimgTable *table, guint64 entry)
{
  return entry == VHD_UNUSED ? 0 : entry * SECTOR;
}

gboolean
domuimg_part_examine_vhd (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  guint8 footer[SECTOR] = { 0 }, buffer[1024] = { 0 };
  DomuimgBytes foot = domuimg_bytes (footer, sizeof footer);
  DomuimgBytes dynamic = domuimg_bytes (buffer, sizeof buffer);
  guint32 type;

  if (!domuimg_part_holds (self, 0, SECTOR, "footer", error)
      || !domuimg_part_read (self, self->size - SECTOR, footer, sizeof footer, "footer", error))
    return FALSE;
  if (!domuimg_bytes_starts_with (foot, "conectix", 8))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is cut off: its end is not the footer of a VHD", self->name);
  type = domuimg_header_be32 (foot, 60);
  header->size = vhd_size (foot);
  if (type == VHD_FIXED)
    return domuimg_part_holds (self, 0, MIN (header->size, domuimg_header_be64 (foot, 48)), "data", error);
  if (type != VHD_DYNAMIC && type != VHD_DIFFERENCING)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its footer is damaged: there is no disk of type %u", self->name, type);
  if (!domuimg_part_read (self, domuimg_header_be64 (foot, 16), buffer, sizeof buffer, "header", error))
    return FALSE;
  if (!domuimg_bytes_starts_with (dynamic, "cxsparse", 8))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its header is damaged",
                         self->name);
  if (type == VHD_DIFFERENCING)
    {
      g_autofree char *parent = vhd_parent (dynamic);

      return fail_parent (self, parent, error);
    }
  DomuimgTable table = { .what = "table of blocks",
                         .width = 4,
                         .big_endian = TRUE,
                         .length = domuimg_header_be32 (dynamic, 32),
                         .count = domuimg_header_be32 (dynamic, 28),
                         .entry = vhd_entry };
  return domuimg_part_check_table (self, &table, domuimg_header_be64 (dynamic, 16), error);
}

static guint64
vdi_entry (const DomuimgTable *table, guint64 entry)
{
  return entry >= VDI_UNUSED ? 0 : table->base + entry * table->unit;
}

gboolean
domuimg_part_examine_vdi (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  static const guint8 none[16] = { 0 };
  guint8 buffer[SECTOR] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint32 type, table_at, data_at, block, count;

  if (!domuimg_part_read (self, 0, buffer, sizeof buffer, "header", error))
    return FALSE;
  domuimg_bytes_le32 (head, 0x4c, &type);
  domuimg_bytes_le32 (head, 0x154, &table_at);
  domuimg_bytes_le32 (head, 0x158, &data_at);
  domuimg_bytes_le64 (head, 0x170, &header->size);
  domuimg_bytes_le32 (head, 0x178, &block);
  domuimg_bytes_le32 (head, 0x180, &count);
  if ((type != VDI_DYNAMIC && type != VDI_FIXED) || memcmp (buffer + VDI_LINK, none, 16) != 0)
    return fail_parent (self, "", error);
  if (header->size > G_MAXINT64 || block == 0 || (header->size + block - 1) / block > count)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its header is damaged: its table does not cover the disk",
                         self->name);
  header->size = (header->size + SECTOR - 1) / SECTOR * SECTOR;
  DomuimgTable table = { .what = "table of blocks",
                         .width = 4,
                         .length = block,
                         .unit = block,
                         .base = data_at,
                         .count = count,
                         .entry = vdi_entry };
  return domuimg_part_check_table (self, &table, table_at, error);
}
