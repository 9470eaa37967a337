/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Partition tables, by libfdisk. */
#include "config.h"
#include "lib/disk/layout.h"

#include <errno.h>
#include <libfdisk.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/unnamed.h"

#define SECTOR 512
#define STEP (1048576 / SECTOR)
/* A GPT has the protective table, its header and 128 entries of 128 bytes; the backup has no
 * protective one. */
#define HEAD (34 * SECTOR)
#define TAIL (33 * SECTOR)
/* In an MBR. */
#define BOOT_CODE 440
#define SECOND_ENTRY 462
#define SIGNATURE 510
#define PRIMARY_MAX 4

typedef struct fdisk_context Context;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Context, fdisk_unref_context)
typedef struct fdisk_script Script;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, fdisk_unref_script)
typedef struct fdisk_partition Partition;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Partition, fdisk_unref_partition)
typedef struct fdisk_parttype Type;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Type, fdisk_unref_parttype)

static gboolean
fail (const DomuimgRegion *disk, int code, const char *what, GError **error)
{
  return domuimg_set_errno (error, -code, "%s: making the partition table (%s)", disk->name, what);
}

/* (nullable) The table in the file @fd. */
static Context *
open_table (int fd, const DomuimgRegion *disk, GError **error)
{
  g_autoptr (Context) context = fdisk_new_context ();
  int code = context != NULL ? 0 : -ENOMEM;

  if (context != NULL)
    {
      fdisk_disable_dialogs (context, 1);
      code = fdisk_assign_device_by_fd (context, fd, disk->name, 0);
    }
  if (code == 0)
    return g_steal_pointer (&context);
  fail (disk, code, "looking at the disk", error);
  return NULL;
}

static const char *
name_of (const DomuimgPart *part)
{
  static const char *const names[]
      = { [DOMUIMG_PART_ROOT] = "root", [DOMUIMG_PART_BOOT] = "boot", [DOMUIMG_PART_ESP] = "esp",
          [DOMUIMG_PART_BIOS] = "bios", [DOMUIMG_PART_SWAP] = "swap",
          [DOMUIMG_PART_HOLDER] = "system" };

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
  g_auto (DomuimgFd) file = domuimg_memory_file ("domuimg-table", disk->length);
  g_autoptr (Context) context = NULL;

  if (file < 0)
    return domuimg_set_errno (error, errno, "%s: making the partition table", disk->name);
  context = open_table (file, disk, error);
  return context != NULL
         && fill (self, context, name, disk_id, types, active, disk, error)
         && copy_ends (file, disk, error);
}

/* A GPT gets its backup, and with it the sectors that may be used, when it is written. */
static gboolean
move_backup (const DomuimgRegion *disk, GError **error)
{
  g_autoptr (Context) context = open_table (disk->fd, disk, error);
  int code;

  if (context == NULL || !fdisk_is_label (context, GPT))
    return context != NULL;
  fdisk_label_set_changed (fdisk_get_label (context, NULL), 1);
  code = fdisk_write_disklabel (context);
  return code == 0 || fail (disk, code, "moving its backup", error);
}

/* It ends where a step does, as all partitions. */
static int
extend (Context *context, guint number, DomuimgExtent *extent)
{
  g_autoptr (Partition) partition = NULL;
  int code = fdisk_get_partition (context, number - 1, &partition);
  guint64 end = (fdisk_get_last_lba (context) + 1) / STEP * STEP;

  if (code != 0)
    return code;
  extent->offset = (guint64) fdisk_partition_get_start (partition) * SECTOR;
  extent->length = (guint64) fdisk_partition_get_size (partition) * SECTOR;
  if (end * SECTOR <= extent->offset + extent->length)
    return 0;
  extent->length = end * SECTOR - extent->offset;
  fdisk_partition_set_size (partition, extent->length / SECTOR);
  code = fdisk_set_partition (context, number - 1, partition);
  return code == 0 ? fdisk_write_disklabel (context) : code;
}

gboolean
domuimg_table_grow (const DomuimgRegion *disk, guint number, DomuimgExtent *extent, GError **error)
{
  g_autoptr (Context) context = NULL;
  int code;

  if (!move_backup (disk, error))
    return FALSE;
  context = open_table (disk->fd, disk, error);
  if (context == NULL)
    return FALSE;
  code = extend (context, number, extent);
  return code == 0 || fail (disk, code, "making a partition longer", error);
}

/* (nullable) What @from says, with its partition @number of another size. */
static Script *
read_script (Context *from, guint number, guint64 sectors, int *code)
{
  g_autoptr (Script) script = fdisk_new_script (from);
  struct fdisk_table *table;
  struct fdisk_partition *partition;

  *code = script != NULL ? fdisk_script_read_context (script, NULL) : -ENOMEM;
  if (*code != 0)
    return NULL;
  table = fdisk_script_get_table (script);
  for (gsize i = 0; (partition = fdisk_table_get_partition (table, i)) != NULL; i++)
    {
      fdisk_partition_start_follow_default (partition, 0);
      fdisk_partition_size_explicit (partition, 1);
      if (fdisk_partition_get_partno (partition) == number - 1)
        fdisk_partition_set_size (partition, sectors);
    }
  /* It is of the old end of the disk. */
  fdisk_script_set_header (script, "last-lba", NULL);
  return g_steal_pointer (&script);
}

/* The first sector keeps its boot code. What is not only a GPT is not known here. */
static gboolean
copy_boot_code (const DomuimgRegion *disk, int to, GError **error)
{
  guint8 there[SECTOR];
  gboolean is_hybrid = FALSE;

  if (!domuimg_region_read_all (disk, 0, there, SECTOR))
    return domuimg_set_errno (error, errno, "%s: reading its first sector", disk->name);
  for (guint i = SECOND_ENTRY; i < SIGNATURE; i++)
    is_hybrid |= there[i] != 0;
  if (is_hybrid)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has an MBR with partitions beside its GPT, and can only be made larger",
                         disk->name);
  return pwrite (to, there, BOOT_CODE, 0) == BOOT_CODE
         || domuimg_set_errno (error, errno, "%s: making the partition table", disk->name);
}

/* libfdisk takes no GPT that lies beyond its disk: so it is made anew, on one of the new size. */
static gboolean
shrink_gpt (Context *from, guint number, guint64 sectors, const DomuimgRegion *disk, GError **error)
{
  g_auto (DomuimgFd) file = domuimg_memory_file ("domuimg-table", disk->length);
  int code = 0;
  g_autoptr (Script) script = read_script (from, number, sectors, &code);
  g_autoptr (Context) to = NULL;

  if (file < 0 || script == NULL)
    return fail (disk, file < 0 ? -errno : code, "reading it", error);
  to = open_table (file, disk, error);
  if (to == NULL)
    return FALSE;
  code = fdisk_apply_script (to, script);
  if (code == 0)
    code = fdisk_write_disklabel (to);
  if (code != 0)
    return fail (disk, code, "making a partition shorter", error);
  return copy_boot_code (disk, file, error) && copy_ends (file, disk, error);
}

static gboolean
shrink_mbr (Context *context, guint number, guint64 sectors, const DomuimgRegion *disk,
            GError **error)
{
  g_autoptr (Partition) partition = fdisk_new_partition ();
  int code = partition != NULL ? 0 : -ENOMEM;

  if (number > PRIMARY_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: its last partition, %u, is a logical one, which can only be made larger",
                         disk->name, number);
  if (code == 0)
    {
      fdisk_partition_set_size (partition, sectors);
      fdisk_partition_size_explicit (partition, 1);
      code = fdisk_set_partition (context, number - 1, partition);
    }
  if (code == 0)
    code = fdisk_write_disklabel (context);
  return code == 0 || fail (disk, code, "making a partition shorter", error);
}

guint64
domuimg_table_round_end (const char *table, guint64 size)
{
  guint64 tail = g_str_equal (table, "gpt") ? TAIL : 0;

  return size > tail ? (size - tail) / (STEP * SECTOR) * (STEP * SECTOR) : 0;
}

gboolean
domuimg_table_shrink (const DomuimgRegion *disk, guint number, guint64 length, GError **error)
{
  g_autoptr (Context) context = open_table (disk->fd, disk, error);

  if (context == NULL)
    return FALSE;
  return fdisk_is_label (context, GPT)
             ? shrink_gpt (context, number, length / SECTOR, disk, error)
             : shrink_mbr (context, number, length / SECTOR, disk, error);
}
