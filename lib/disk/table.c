/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Partition tables, by libfdisk. */
#include "config.h"
#include "lib/disk/layout.h"

#include <errno.h>
#include <libfdisk.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define SECTOR 512
/* A GPT has the protective table, its header and 128 entries of 128 bytes; the backup has no
 * protective one. */
#define HEAD (34 * SECTOR)
#define TAIL (33 * SECTOR)

typedef struct fdisk_context Context;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Context, fdisk_unref_context)
typedef struct fdisk_partition Partition;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Partition, fdisk_unref_partition)
typedef struct fdisk_parttype Type;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Type, fdisk_unref_parttype)

static gboolean
fail (const DomuimgRegion *disk, int code, const char *what, GError **error)
{
  return domuimg_set_errno (error, -code, "%s: making the partition table (%s)", disk->name, what);
}

static const char *
name_of (const DomuimgPart *part)
{
  static const char *const names[]
      = { [DOMUIMG_PART_ROOT] = "root", [DOMUIMG_PART_BOOT] = "boot", [DOMUIMG_PART_ESP] = "esp",
          [DOMUIMG_PART_BIOS] = "bios", [DOMUIMG_PART_SWAP] = "swap" };

  return part->role == DOMUIMG_PART_DATA ? part->mount : names[part->role];
}

static int
add_partition (Context *context, const DomuimgPart *part, const DomuimgExtent *extent,
               const char *type_name)
{
  g_autoptr (Partition) partition = fdisk_new_partition ();
  struct fdisk_label *label = fdisk_get_label (context, NULL);
  g_autoptr (Type) type = partition != NULL ? fdisk_label_parse_parttype (label, type_name) : NULL;
  gboolean is_gpt = fdisk_is_label (context, GPT);

  if (type == NULL)
    return -ENOMEM;
  fdisk_partition_set_partno (partition, part->number - 1);
  fdisk_partition_set_start (partition, extent->offset / SECTOR);
  fdisk_partition_set_size (partition, extent->length / SECTOR);
  fdisk_partition_set_type (partition, type);
  if (is_gpt && part->part_uuid != NULL)
    fdisk_partition_set_uuid (partition, part->part_uuid);
  if (is_gpt && name_of (part) != NULL)
    fdisk_partition_set_name (partition, name_of (part));
  return fdisk_add_partition (context, partition, NULL);
}

/* libfdisk changes a file: one that lies in memory, whose ends are the table. */
static gboolean
fill (const DomuimgTable *self, Context *context, const char *name, const char *disk_id,
      const char *const *types, int active, const DomuimgRegion *disk, GError **error)
{
  int code = fdisk_create_disklabel (context, name);

  if (code == 0)
    code = fdisk_set_disklabel_id_from_string (context, disk_id);
  if (code != 0)
    return fail (disk, code, name, error);
  for (guint i = 0; code == 0 && i < self->parts->len; i++)
    {
      const DomuimgPart *part = g_ptr_array_index (self->parts, i);

      code = add_partition (context, part, &self->extents[i], types[i]);
      if (code == 0 && (int) i == active)
        code = fdisk_toggle_partition_flag (context, part->number - 1, DOS_FLAG_ACTIVE);
      if (code != 0)
        return fail (disk, code, part->mount != NULL ? part->mount : part->fs, error);
    }
  code = fdisk_write_disklabel (context);
  return code == 0 || fail (disk, code, "writing it", error);
}

static gboolean
copy_ends (int from, const DomuimgRegion *disk, GError **error)
{
  guint8 ends[HEAD + TAIL];

  if (pread (from, ends, HEAD, 0) == HEAD
      && pread (from, ends + HEAD, TAIL, disk->length - TAIL) == TAIL
      && domuimg_region_write (disk, 0, ends, HEAD)
      && domuimg_region_write (disk, disk->length - TAIL, ends + HEAD, TAIL))
    return TRUE;
  return domuimg_set_errno (error, errno, "%s: writing the partition table", disk->name);
}

gboolean
domuimg_table_write (const DomuimgTable *self, const char *name, const char *disk_id,
                     const char *const *types, int active, const DomuimgRegion *disk,
                     GError **error)
{
  g_auto (DomuimgFd) file = memfd_create ("domuimg-table", MFD_CLOEXEC);
  g_autoptr (Context) context = fdisk_new_context ();
  int code;

  if (file < 0 || context == NULL || ftruncate (file, disk->length) != 0)
    return domuimg_set_errno (error, errno, "%s: making the partition table", disk->name);
  fdisk_disable_dialogs (context, 1);
  code = fdisk_assign_device_by_fd (context, file, disk->name, 0);
  if (code != 0)
    return fail (disk, code, "a file in memory", error);
  return fill (self, context, name, disk_id, types, active, disk, error)
         && copy_ends (file, disk, error);
}
