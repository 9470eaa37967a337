/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an image names other files, by its header. */
#include "config.h"
#include "lib/image/references.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"

#define SECTOR 512
#define DESCRIPTOR_MAX (64 << 10)
#define VHD_DIFFERENCING 4
#define VDI_DIFFERENCING 4

static gboolean
read_part (const DomuimgRegion *region, guint64 offset, guint8 *buffer, gsize length,
           DomuimgBytes *bytes, GError **error)
{
  gssize got = domuimg_region_read (region, offset, buffer, length);

  *bytes = domuimg_bytes (buffer, MAX (got, 0));
  return got >= 0 || domuimg_set_errno (error, errno, "reading %s", region->name);
}

/* A number at @at that is not 0, or cannot be read. */
static gboolean
is_set (DomuimgBytes head, guint64 at)
{
  guint64 value;

  return !domuimg_bytes_le64 (head, at, &value) || value != 0;
}

static gboolean
has_qcow2_data_file (DomuimgBytes head)
{
  guint32 version;
  guint64 features;

  /* Bit 2 of the incompatible features, from version 3 on. */
  return domuimg_bytes_be32 (head, 4, &version) && version >= 3
         && domuimg_bytes_be64 (head, 72, &features) && (features & (1 << 2)) != 0;
}

static gboolean
is_qed_backed (DomuimgBytes head)
{
  guint64 features;

  return !domuimg_bytes_le64 (head, 16, &features) || (features & 1) != 0;
}

/* The descriptor is in the sparse file, or is the file itself; then its extents are others, as they
 * are to QEMU where a sparse file gives no size. QEMU takes a hint for a parent, whatever is said
 * beside it. */
static gboolean
is_vmdk_with_others (const DomuimgRegion *region, DomuimgBytes head, gboolean *with,
                     GError **error)
{
  g_autofree guint8 *buffer = g_malloc0 (DESCRIPTOR_MAX + 1);
  guint64 sector, capacity;
  DomuimgBytes bytes;
  const char *parent;

  *with = TRUE;
  if (!domuimg_bytes_starts_with (head, "KDMV", 4) || !domuimg_bytes_le64 (head, 28, &sector)
      || sector > G_MAXINT64 / SECTOR || !domuimg_bytes_le64 (head, 12, &capacity)
      || capacity == 0)
    return TRUE;
  *with = FALSE;
  if (sector == 0)
    return TRUE;
  if (!read_part (region, sector * SECTOR, buffer, DESCRIPTOR_MAX, &bytes, error))
    return FALSE;
  parent = strstr ((const char *) buffer, "parentCID=");
  *with = strstr ((const char *) buffer, "parentFileNameHint") != NULL
          || (parent != NULL
              && g_ascii_strncasecmp (parent + strlen ("parentCID="), "ffffffff", 8) != 0);
  return TRUE;
}

static gboolean
is_differencing_vhd (const DomuimgRegion *region, gboolean *is, GError **error)
{
  guint64 at = MAX (region->length, SECTOR) - SECTOR;
  guint8 footer[SECTOR];
  DomuimgBytes bytes;
  guint32 type;

  if (!read_part (region, at, footer, sizeof footer, &bytes, error))
    return FALSE;
  *is = !domuimg_bytes_be32 (bytes, 60, &type) || type == VHD_DIFFERENCING;
  return TRUE;
}

static gboolean
is_differencing_vdi (DomuimgBytes head)
{
  guint32 type;

  return !domuimg_bytes_le32 (head, 0x4c, &type) || type == VDI_DIFFERENCING;
}

gboolean
domuimg_image_refers_to_others (const DomuimgRegion *region, const char *format, gboolean *refers,
                                GError **error)
{
  guint8 buffer[SECTOR];
  DomuimgBytes head;

  *refers = FALSE;
  if (!read_part (region, 0, buffer, sizeof buffer, &head, error))
    return FALSE;
  if (g_str_equal (format, "vmdk"))
    return is_vmdk_with_others (region, head, refers, error);
  if (g_str_equal (format, "vhd"))
    return is_differencing_vhd (region, refers, error);
  if (g_str_equal (format, "qcow2"))
    *refers = is_set (head, 8) || has_qcow2_data_file (head);
  if (g_str_equal (format, "qcow"))
    *refers = is_set (head, 8);
  if (g_str_equal (format, "qed"))
    *refers = is_qed_backed (head);
  if (g_str_equal (format, "vdi"))
    *refers = is_differencing_vdi (head);
  /* VHDX keeps its parent in a region far behind: QEMU refuses such files. */
  return TRUE;
}
