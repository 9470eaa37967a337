/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Logical volumes of a group of LVM2 in one region. The format is that of lib/format_text in LVM2's
 * sources. */
#include "config.h"
#include "lib/image/lvm-volumes.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/joined.h"
#include "lib/image/lvm-text.h"

#define SECTOR 512
/* The label is in one of the first four sectors; each list of areas after it ends with one of zeros. */
#define LABEL_SECTORS 4
#define ID_LENGTH 32
#define AREAS_AT (ID_LENGTH + 8)
#define TEXT_MAX (16 << 20)
#define MAGIC "\040\114\126\115\062\040\170\133\065\101\045\162\060\116\052\076"
#define SEGMENTS_MAX 4096

typedef struct {
  guint64 offset;
  guint64 length;
} Extent;

static gboolean
damaged (const DomuimgRegion *region, const char *what, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: its volume group cannot be read: %s",
                       region->name, what);
}

/* *@id: 33 bytes. *@area: of the metadata. */
static gboolean
read_label (DomuimgBytes head, char *id, Extent *area)
{
  for (guint i = 0; i < LABEL_SECTORS; i++)
    {
      DomuimgBytes sector = domuimg_bytes_slice (head, i * SECTOR, SECTOR);
      guint64 at = 0, offset = 1;
      guint32 header = 0;

      if (!domuimg_bytes_starts_with (sector, "LABELONE", 8)
          || !domuimg_bytes_le32 (sector, 20, &header)
          || !domuimg_bytes_read (sector, header, id, ID_LENGTH))
        continue;
      id[ID_LENGTH] = '\0';
      /* First the areas of data, then those of metadata. */
      for (at = (guint64) header + AREAS_AT; offset != 0; at += 16)
        if (!domuimg_bytes_le64 (sector, at, &offset))
          return FALSE;
      return domuimg_bytes_le64 (sector, at, &area->offset)
             && domuimg_bytes_le64 (sector, at + 8, &area->length) && area->offset != 0;
    }
  return FALSE;
}

/* The text goes on at the area's beginning, behind its header, when it comes to its end. */
static char *
read_text (const DomuimgRegion *region, const Extent *area, gsize *length, GError **error)
{
  guint8 sector[SECTOR];
  DomuimgBytes header = domuimg_bytes (sector, sizeof sector);
  guint64 offset, size, first;
  g_autofree char *text = NULL;

  if (!domuimg_region_read_all (region, area->offset, sector, sizeof sector))
    {
      domuimg_set_errno (error, errno, "%s: reading LVM's metadata", region->name);
      return NULL;
    }
  if (memcmp (sector + 4, MAGIC, 16) != 0 || !domuimg_bytes_le64 (header, 40, &offset)
      || !domuimg_bytes_le64 (header, 48, &size) || offset < SECTOR || offset >= area->length
      || size == 0 || size > TEXT_MAX || size > area->length - SECTOR)
    {
      damaged (region, "there is no metadata where the label says so", error);
      return NULL;
    }
  text = g_malloc (size);
  first = MIN (size, area->length - offset);
  if (!domuimg_region_read_all (region, area->offset + offset, text, first)
      || !domuimg_region_read_all (region, area->offset + SECTOR, text + first, size - first))
    {
      domuimg_set_errno (error, errno, "%s: reading LVM's metadata", region->name);
      return NULL;
    }
  *length = size;
  return g_steal_pointer (&text);
}

/* The metadata has dashes in them. */
static gboolean
is_id (const char *written, const char *id)
{
  for (; written != NULL && *written != '\0'; written++)
    if (*written != '-' && *written != *id++)
      return FALSE;
  return written != NULL && *id == '\0';
}

/* @group: "/vg", as sections are called. (nullable) The name by which segments call the physical volume with this ID. */
static char *
find_pv (GHashTable *text, const char *group, const char *id)
{
  g_autofree char *section = g_strdup_printf ("%s/physical_volumes", group);
  g_auto (GStrv) names = domuimg_lvm_text_list (text, section);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *one = g_strdup_printf ("%s/%s", section, names[i]);

      if (is_id (domuimg_lvm_text_get (text, one, "id"), id))
        return g_strdup (names[i]);
    }
  return NULL;
}

typedef struct {
  guint64 extent; /* bytes */
  guint64 start;  /* of the first one, bytes */
} Sizes;

static gboolean
read_sizes (GHashTable *text, const char *group, const char *pv, Sizes *sizes)
{
  g_autofree char *section = g_strdup_printf ("%s/physical_volumes/%s", group, pv);
  const guint64 max = G_MAXUINT32;

  if (!domuimg_lvm_text_get_number (text, group, "extent_size", max, &sizes->extent)
      || !domuimg_lvm_text_get_number (text, section, "pe_start", max, &sizes->start)
      || sizes->extent == 0)
    return FALSE;
  sizes->extent *= SECTOR;
  sizes->start *= SECTOR;
  return TRUE;
}

/* Segments follow one another; one stripe is a piece as it lies. */
static gboolean
add_segment (GHashTable *text, const char *section, const char *pv, const Sizes *sizes,
             guint64 *expected, GArray *extents)
{
  g_autofree char *key = g_strconcat (section, "/stripes", NULL);
  char **stripes = g_hash_table_lookup (text, key);
  guint64 start, count, first;
  Extent extent;

  if (g_strcmp0 (domuimg_lvm_text_get (text, section, "type"), "striped") != 0 || stripes == NULL
      || g_strv_length (stripes) != 2 || !g_str_equal (stripes[0], pv)
      || !domuimg_lvm_text_get_number (text, section, "start_extent", G_MAXUINT32, &start)
      || !domuimg_lvm_text_get_number (text, section, "extent_count", G_MAXUINT32, &count)
      || !g_ascii_string_to_unsigned (stripes[1], 10, 0, G_MAXUINT32, &first, NULL)
      || start != *expected || count == 0 || start + count > G_MAXUINT32 || sizes->extent > (guint64) 1 << 30)
    return FALSE;
  *expected += count;
  extent.offset = sizes->start + first * sizes->extent;
  extent.length = count * sizes->extent;
  g_array_append_val (extents, extent);
  return TRUE;
}

/* (nullable) Where the extents lie; NULL: not in the physical volume @pv alone, one after another. */
static GArray *
map_volume (GHashTable *text, const char *group, const char *volume, const char *pv)
{
  g_autofree char *section = g_strdup_printf ("%s/logical_volumes/%s", group, volume);
  g_autoptr (GArray) extents = g_array_new (FALSE, FALSE, sizeof (Extent));
  guint64 segments = 0, expected = 0;
  Sizes sizes;

  if (!read_sizes (text, group, pv, &sizes)
      || !domuimg_lvm_text_get_number (text, section, "segment_count", SEGMENTS_MAX, &segments))
    return NULL;
  for (guint64 i = 1; i <= segments; i++)
    {
      g_autofree char *segment = g_strdup_printf ("%s/segment%" G_GUINT64_FORMAT, section, i);

      if (!add_segment (text, segment, pv, &sizes, &expected, extents))
        return NULL;
    }
  return extents->len > 0 ? g_steal_pointer (&extents) : NULL;
}

static DomuimgVolume *
make_volume (DomuimgRegion *region, const char *group, const char *name, const GArray *extents)
{
  DomuimgVolume *volume = g_new0 (DomuimgVolume, 1);
  g_autoptr (GPtrArray) pieces
      = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_region_unref);

  for (guint i = 0; i < extents->len; i++)
    {
      const Extent *extent = &g_array_index (extents, Extent, i);

      g_ptr_array_add (pieces, domuimg_region_new_part (region, extent->offset, extent->length));
    }
  volume->lv = g_strdup_printf ("%s/%s", group + 1, name);
  volume->inside = domuimg_region_new_joined ((DomuimgRegion **) pieces->pdata, pieces->len, region->name);
  volume->length = volume->inside->length;
  return volume;
}

/* What LVM hides, those of thin pools and mirrors, nobody mounts. */
static gboolean
is_visible (GHashTable *text, const char *group, const char *name)
{
  g_autofree char *key = g_strdup_printf ("%s/logical_volumes/%s/status", group, name);
  char **status = g_hash_table_lookup (text, key);

  return status != NULL && g_strv_contains ((const char *const *) status, "VISIBLE");
}

static void
add_volumes (DomuimgRegion *region, GHashTable *text, const char *group, const char *pv,
             GPtrArray *volumes, GPtrArray *problems)
{
  g_autofree char *section = g_strdup_printf ("%s/logical_volumes", group);
  g_auto (GStrv) names = domuimg_lvm_text_list (text, section);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GArray) extents = map_volume (text, group, names[i], pv);

      if (!is_visible (text, group, names[i]))
        continue;
      if (extents != NULL)
        g_ptr_array_add (volumes, make_volume (region, group, names[i], extents));
      else
        g_ptr_array_add (problems,
                         g_strdup_printf ("%s: the logical volume %s/%s is thin, mirrored, striped or on"
                                          " other disks, too, and is not read in an encrypted disk",
                                          region->name, group + 1, names[i]));
    }
}

gboolean
domuimg_lvm_add_volumes (DomuimgRegion *region, GPtrArray *volumes, GPtrArray *problems, GError **error)
{
  guint8 head[LABEL_SECTORS * SECTOR];
  char id[ID_LENGTH + 1];
  g_autoptr (GHashTable) settings = NULL;
  g_auto (GStrv) groups = NULL;
  g_autofree char *text = NULL, *pv = NULL, *group = NULL;
  gsize length = 0;
  Extent area;

  if (!domuimg_region_read_all (region, 0, head, sizeof head))
    return domuimg_set_errno (error, errno, "%s: reading LVM's label", region->name);
  if (!read_label (domuimg_bytes (head, sizeof head), id, &area))
    return damaged (region, "it has no label, or no metadata of its own", error);
  text = read_text (region, &area, &length, error);
  settings = text != NULL ? domuimg_lvm_text_parse (text, length, error) : NULL;
  if (settings == NULL)
    return FALSE;
  groups = domuimg_lvm_text_list (settings, "");
  if (groups[0] == NULL || groups[1] != NULL)
    return damaged (region, "its metadata is not of one group", error);
  group = g_strconcat ("/", groups[0], NULL);
  pv = find_pv (settings, group, id);
  if (pv == NULL)
    return damaged (region, "the group does not know it", error);
  add_volumes (region, settings, group, pv, volumes, problems);
  return TRUE;
}
