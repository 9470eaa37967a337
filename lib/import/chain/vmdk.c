/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/import/chain/vmdk.h"

#include <string.h>

#include "lib/base/bytes.h"

/* VMware's "Virtual Disk Format 5.0"; what of ESXi is not in it as QEMU's block/vmdk.c has it. */

#define SECTOR 512
#define DESCRIPTOR_MAX ((1 << 20) - 1)
#define DESCRIPTOR_QEMU (20 * SECTOR)
#define DIRECTORY_AT_END G_MAXUINT64
#define MARKER_FOOTER 3
#define SESPARSE_MAGIC 0xcafebabeULL
#define COWD_TABLE 4096
/* The header's flags for markers, and zlib's data in place of plain grains. */
#define FLAG_COMPRESSED (1u << 16)
#define FLAG_MARKERS (1u << 17)
/* What anybody has. */
#define GRAIN_MAX 2048
#define TABLES_MAX (1 << 24)
/* Sectors: 1 EiB. */
#define CAPACITY_MAX ((guint64) 1 << 51)

static gboolean
fail_damaged (const DomuimgPart *self, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its header is damaged: %s",
                       self->name, what);
}

static guint64
sector_entry (const DomuimgTable *table, guint64 entry)
{
  return entry * SECTOR;
}

/* 1 is a grain of zeros. */
static guint64
grain_entry (const DomuimgTable *table, guint64 entry)
{
  return entry == 1 ? 0 : entry * SECTOR;
}

static gboolean
check_grains (DomuimgPart *self, guint64 capacity, guint64 grain, guint64 per_table,
              guint64 directory, GError **error)
{
  DomuimgTable below
      = { .what = "grain table", .width = 4, .count = per_table, .entry = grain_entry };
  DomuimgTable table
      = { .what = "grain directory", .width = 4, .entry = sector_entry, .below = &below };

  if (capacity > CAPACITY_MAX || grain == 0 || grain > 1 << 16 || per_table == 0
      || per_table > COWD_TABLE)
    return fail_damaged (self, "it gives sizes that no disk has", error);
  table.count = (capacity + grain * per_table - 1) / (grain * per_table);
  if (directory > G_MAXINT64 / SECTOR)
    return fail_damaged (self, "its grain directory lies nowhere", error);
  return domuimg_part_check_table (self, &table, directory * SECTOR, error);
}

/* What a stream does not know when it begins is told at its end. */
static gboolean
read_footer (const DomuimgPart *self, guint8 *header, GError **error)
{
  static const guint8 end[SECTOR] = { 0 };
  guint8 buffer[3 * SECTOR];
  guint64 whole = self->size / SECTOR * SECTOR;
  guint32 type = 0;

  if (!domuimg_part_holds (self, SECTOR, sizeof buffer, "footer", error)
      || !domuimg_part_read (self, whole - sizeof buffer, buffer, sizeof buffer, "footer", error))
    return FALSE;
  domuimg_bytes_le32 (domuimg_bytes (buffer, SECTOR), 12, &type);
  if (type != MARKER_FOOTER || memcmp (buffer + SECTOR, "KDMV", 4) != 0
      || memcmp (buffer + 2 * SECTOR, end, 16) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is cut off: the footer that ends a streamOptimized VMDK is not there",
                         self->name);
  memcpy (header, buffer + SECTOR, SECTOR);
  return TRUE;
}

/* Other grains are left to QEMU. */
static void
note_grains (DomuimgBytes head, const DomuimgVmdkGrains *found, DomuimgVmdkGrains *grains)
{
  const guint32 wanted = FLAG_COMPRESSED | FLAG_MARKERS;
  guint16 compression = 0;
  guint32 flags = 0;

  domuimg_bytes_le32 (head, 8, &flags);
  domuimg_bytes_le16 (head, 77, &compression);
  if (compression == 1 && (flags & wanted) == wanted && found->size <= GRAIN_MAX
      && found->capacity / (found->size * found->per_table) < TABLES_MAX)
    *grains = *found;
}

static gboolean
examine_sparse (DomuimgPart *self, guint64 *capacity, DomuimgVmdkGrains *grains, GError **error)
{
  guint8 buffer[SECTOR] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint64 grain, directory;
  guint32 version, per_table;
  guint16 compression;

  if (!domuimg_part_read (self, 0, buffer, sizeof buffer, "header", error))
    return FALSE;
  domuimg_bytes_le64 (head, 12, capacity);
  /* To QEMU that is a description of other files. */
  if (*capacity == 0)
    return fail_damaged (self, "it gives a size of 0", error);
  domuimg_bytes_le64 (head, 56, &directory);
  if (directory == DIRECTORY_AT_END && !read_footer (self, buffer, error))
    return FALSE;
  domuimg_bytes_le32 (head, 4, &version);
  domuimg_bytes_le64 (head, 12, capacity);
  domuimg_bytes_le64 (head, 20, &grain);
  domuimg_bytes_le32 (head, 44, &per_table);
  domuimg_bytes_le64 (head, 56, &directory);
  domuimg_bytes_le16 (head, 77, &compression);
  if (version == 0 || version > 3)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s: a VMDK of version %u is not known",
                         self->name, version);
  if (compression > 1)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: its compression (%u) is not known", self->name, compression);
  if (!check_grains (self, *capacity, grain, per_table, directory, error))
    return FALSE;
  note_grains (head, &(DomuimgVmdkGrains){ *capacity, grain, per_table, directory }, grains);
  return TRUE;
}

/* vmfsSparse. */
static gboolean
examine_cowd (DomuimgPart *self, guint64 *capacity, GError **error)
{
  guint8 buffer[SECTOR] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint32 sectors, grain, directory;

  if (!domuimg_part_read (self, 0, buffer, sizeof buffer, "header", error))
    return FALSE;
  domuimg_bytes_le32 (head, 12, &sectors);
  domuimg_bytes_le32 (head, 16, &grain);
  domuimg_bytes_le32 (head, 20, &directory);
  *capacity = sectors;
  return check_grains (self, sectors, grain, COWD_TABLE, directory, error);
}

static gboolean
examine_sesparse (DomuimgPart *self, guint64 *capacity, GError **error)
{
  static const struct {
    const char *what;
    guint at; /* of the offset and the length, in sectors */
  } regions[] = { { "second header", 80 }, { "grain directory", 128 }, { "grain tables", 144 } };
  guint8 buffer[SECTOR] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  guint64 magic;

  if (!domuimg_part_read (self, 0, buffer, sizeof buffer, "header", error))
    return FALSE;
  domuimg_bytes_le64 (head, 0, &magic);
  domuimg_bytes_le64 (head, 16, capacity);
  if (magic != SESPARSE_MAGIC)
    return fail_damaged (self, "it is not a seSparse extent", error);
  for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
    {
      guint64 offset = 0, length = 0;

      domuimg_bytes_le64 (head, regions[i].at, &offset);
      domuimg_bytes_le64 (head, regions[i].at + 8, &length);
      if (offset > CAPACITY_MAX || length > CAPACITY_MAX)
        return fail_damaged (self, "its tables lie nowhere", error);
      if (!domuimg_part_holds (self, offset * SECTOR, length * SECTOR, regions[i].what, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
examine_flat (DomuimgPart *self, const DomuimgVmdkExtent *extent, GError **error)
{
  guint64 end = (extent->offset + extent->sectors) * SECTOR;

  if (end <= self->size)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s is cut off: it has %" G_GUINT64_FORMAT " bytes, and its description says"
                       " that it has %" G_GUINT64_FORMAT,
                       self->name, self->size, end);
}

gboolean
domuimg_part_examine_extent (DomuimgPart *self, const DomuimgVmdkExtent *extent, GError **error)
{
  guint8 magic[4];
  guint64 capacity = 0;
  DomuimgVmdkGrains grains = { 0 };
  gboolean ok;

  if (g_str_equal (extent->type, "FLAT") || g_str_equal (extent->type, "VMFS"))
    return examine_flat (self, extent, error);
  if (!domuimg_part_read (self, 0, magic, sizeof magic, "header", error))
    return FALSE;
  if (g_str_equal (extent->type, "SESPARSE"))
    ok = examine_sesparse (self, &capacity, error);
  else if (memcmp (magic, "COWD", 4) == 0)
    ok = examine_cowd (self, &capacity, error);
  else if (memcmp (magic, "KDMV", 4) == 0)
    ok = examine_sparse (self, &capacity, &grains, error);
  else
    return fail_damaged (self, "it is not a sparse extent of a VMDK", error);
  if (!ok)
    return FALSE;
  if (capacity == extent->sectors)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s holds %" G_GUINT64_FORMAT " sectors, and its description says that it"
                       " has %" G_GUINT64_FORMAT,
                       self->name, capacity, extent->sectors);
}

static DomuimgVmdkDescriptor *
read_descriptor (const DomuimgPart *self, guint64 offset, guint64 length, GError **error)
{
  g_autofree char *text = g_malloc (length + 1);
  g_autoptr (DomuimgVmdkDescriptor) descriptor = NULL;

  if (!domuimg_part_read (self, offset, text, length, "description", error))
    return NULL;
  text[length] = '\0';
  descriptor = domuimg_vmdk_descriptor_parse (text, strlen (text), self->name, error);
  if (descriptor == NULL || !descriptor->is_encrypted)
    return g_steal_pointer (&descriptor);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: the disk is encrypted; decrypt it on the old machine first", self->name);
  return NULL;
}

static gboolean
examine_text (const DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  g_autoptr (DomuimgVmdkDescriptor) descriptor = NULL;

  if (self->size > DESCRIPTOR_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is larger than the description of a VMDK can be", self->name);
  descriptor = read_descriptor (self, 0, self->size, error);
  if (descriptor == NULL)
    return FALSE;
  if (descriptor->extents->len == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: its description names no extents", self->name);
  for (guint i = 0; i < descriptor->extents->len; i++)
    {
      const DomuimgVmdkExtent *extent = g_ptr_array_index (descriptor->extents, i);

      header->size += extent->sectors * SECTOR;
    }
  header->backing = g_steal_pointer (&descriptor->parent);
  header->has_hint = descriptor->has_hint;
  header->extents = g_ptr_array_ref (descriptor->extents);
  return TRUE;
}

gboolean
domuimg_part_examine_vmdk (DomuimgPart *self, DomuimgHeader *header, GError **error)
{
  guint8 buffer[SECTOR] = { 0 };
  DomuimgBytes head = domuimg_bytes (buffer, sizeof buffer);
  g_autoptr (DomuimgVmdkDescriptor) descriptor = NULL;
  guint64 offset, length;

  if (!domuimg_part_read (self, 0, buffer, MIN (self->size, SECTOR), "header", error))
    return FALSE;
  if (domuimg_bytes_starts_with (head, "COWD", 4))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is an extent only; give the file that describes the disk, with"
                         " \"# Disk DescriptorFile\" in its first line",
                         self->name);
  if (!domuimg_bytes_starts_with (head, "KDMV", 4))
    return examine_text (self, header, error);
  if (!examine_sparse (self, &header->size, &header->grains, error))
    return FALSE;
  header->size *= SECTOR;
  domuimg_bytes_le64 (head, 28, &offset);
  domuimg_bytes_le64 (head, 36, &length);
  if (offset == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s is an extent only; give the file that describes the disk, with"
                         " \"# Disk DescriptorFile\" in its first line",
                         self->name);
  if (offset > CAPACITY_MAX || length > DESCRIPTOR_MAX / SECTOR)
    return fail_damaged (self, "its description lies nowhere", error);
  offset *= SECTOR;
  length *= SECTOR;
  if (!domuimg_part_holds (self, offset, length, "description", error))
    return FALSE;
  /* QEMU looks for a hint at a parent in so much of it, whatever its size. */
  length = MIN (MAX (length, DESCRIPTOR_QEMU), self->size - offset);
  descriptor = read_descriptor (self, offset, length, error);
  if (descriptor == NULL)
    return FALSE;
  header->backing = g_steal_pointer (&descriptor->parent);
  header->has_hint = descriptor->has_hint;
  return TRUE;
}
