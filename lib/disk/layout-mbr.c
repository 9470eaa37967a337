/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks with the partition table of a PC's BIOS. */
#include "config.h"
#include "lib/disk/layout.h"

#include <string.h>

#define MIB ((guint64) 1048576)

static const char *
type_of (const DomuimgPart *part)
{
  switch (part->role)
    {
    case DOMUIMG_PART_ESP:
      return "ef";
    case DOMUIMG_PART_SWAP:
      return "82";
    case DOMUIMG_PART_HOLDER:
      return part->is_encrypted ? "e8" : "8e";
    default:
      return "83";
    }
}

static int
find_role (const GPtrArray *parts, DomuimgPartRole role)
{
  for (guint i = 0; i < parts->len; i++)
    if (((const DomuimgPart *) g_ptr_array_index (parts, i))->role == role)
      return i;
  return -1;
}

static gboolean
write_mbr (const DomuimgTable *table, const DomuimgRegion *disk, GError **error)
{
  g_autofree const char **types = g_new0 (const char *, table->parts->len + 1);
  g_autofree char *id = g_strdup_printf ("0x%.8s", table->uuid);
  int active = find_role (table->parts, DOMUIMG_PART_BOOT);

  for (guint i = 0; i < table->parts->len; i++)
    types[i] = type_of (g_ptr_array_index (table->parts, i));
  if (active < 0)
    active = find_role (table->parts, DOMUIMG_PART_ROOT);
  return domuimg_table_write (table, "dos", id, types, active, disk, error);
}

/* GRUB's image lies in the gap before the first partition. */
const DomuimgLayout domuimg_layout_mbr = { .step = MIB,
                                           .head = MIB,
                                           .max_parts = 4,
                                           .write = write_mbr };
