/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks with a GUID partition table. */
#include "config.h"
#include "lib/disk/layout.h"

#include <string.h>

#define MIB ((guint64) 1048576)

/* The Discoverable Partitions Specification, of the UAPI group; the type of the BIOS boot partition
 * is GRUB's. */
#define LINUX_DATA "0FC63DAF-8483-4772-8E79-3D69D8477DE4"

static const struct {
  const char *architecture;
  const char *type;
  const char *name;
} roots[] = {
  { "amd64", "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "root-x86-64" },
  { "i386", "44479540-F297-41B2-9AF7-D131D5F0458A", "root-x86" },
  { "arm64", "B921B045-1DF0-41C3-AF44-4C6F280D3FAE", "root-arm64" },
};

static const struct {
  const char *mount;
  const char *type;
} places[] = {
  { "/home", "933AC7E1-2EB4-4F13-B844-0E14E2AEF915" },
  { "/srv", "3B8F8425-20E0-4F3B-907F-1A25A76F98E8" },
  { "/var", "4D21B016-B534-45C2-A9FB-5C16E091FD2D" },
  { "/var/tmp", "7EC6F557-3BC5-4ACA-B293-16EF5DF639D1" },
};

static const char *
type_of_root (const char *architecture)
{
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (g_str_equal (roots[i].architecture, architecture))
      return roots[i].type;
  return LINUX_DATA;
}

const char *
domuimg_layout_gpt_name_root (const char *architecture)
{
  for (guint i = 0; i < G_N_ELEMENTS (roots); i++)
    if (g_str_equal (roots[i].architecture, architecture))
      return roots[i].name;
  return NULL;
}

static const char *
type_of_data (const char *mount)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    if (g_strcmp0 (places[i].mount, mount) == 0)
      return places[i].type;
  return LINUX_DATA;
}

static const char *
type_of (const DomuimgTable *table, const DomuimgPart *part)
{
  switch (part->role)
    {
    case DOMUIMG_PART_ROOT:
      return type_of_root (table->architecture);
    case DOMUIMG_PART_BOOT:
      return "BC13C2FF-59E6-4262-A352-B275FD6F7172";
    case DOMUIMG_PART_ESP:
      return "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
    case DOMUIMG_PART_BIOS:
      return "21686148-6449-6E6F-744E-656564454649";
    case DOMUIMG_PART_SWAP:
      return "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F";
    case DOMUIMG_PART_HOLDER:
      return part->is_encrypted ? "CA7D7CCB-63ED-4C53-861C-1742536059CC"
                                : "E6D6D379-F507-44C2-A23C-238F2A3DF928";
    default:
      return type_of_data (part->mount);
    }
}

static gboolean
write_gpt (const DomuimgTable *table, const DomuimgRegion *disk, GError **error)
{
  g_autofree const char **types = g_new0 (const char *, table->parts->len + 1);

  for (guint i = 0; i < table->parts->len; i++)
    types[i] = type_of (table, g_ptr_array_index (table->parts, i));
  return domuimg_table_write (table, "gpt", table->uuid, types, -1, disk, error);
}

/* Its backup takes the last 33 sectors, and the last step may be shared with nothing. */
const DomuimgLayout domuimg_layout_gpt = { .step = MIB,
                                           .head = MIB,
                                           .tail = MIB,
                                           .max_parts = 128,
                                           .has_esp = TRUE,
                                           .has_bios = TRUE,
                                           .write = write_gpt };
