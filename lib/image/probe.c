/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Partitions and filesystems of a raw disk, as libblkid finds them. */
#include "config.h"
#include "lib/image/probe.h"

#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/uuid.h"
#include "lib/image/blkid.h"
#include "lib/image/gpt.h"

#define SECTOR 512
#define SUPERBLOCK 1024
/* Bits of s_feature_compat and s_feature_incompat. */
#define HAS_JOURNAL 0x4
#define EXTENTS 0x40
#define GPT_MAGIC "EFI PART"

/* ext: Documentation/filesystems/ext4/super.rst of Linux. */
static guint64
read_ext_size (DomuimgBytes super)
{
  guint32 low, high, shift, incompat;
  guint16 magic;

  if (!domuimg_bytes_le16 (super, 0x38, &magic) || magic != 0xef53
      || !domuimg_bytes_le32 (super, 0x04, &low) || !domuimg_bytes_le32 (super, 0x18, &shift)
      || !domuimg_bytes_le32 (super, 0x60, &incompat)
      || !domuimg_bytes_le32 (super, 0x150, &high) || shift > 6)
    return 0;
  if ((incompat & 0x80) == 0 || high > 1 << 16)
    high = 0;
  return (((guint64) high << 32) | low) << (10 + shift);
}

/* xfs: its superblock begins with magic, block size and number of blocks, big-endian. */
static guint64
read_xfs_size (DomuimgBytes head)
{
  guint32 block;
  guint64 blocks;

  if (!domuimg_bytes_starts_with (head, "XFSB", 4) || !domuimg_bytes_be32 (head, 4, &block)
      || !domuimg_bytes_be64 (head, 8, &blocks))
    return 0;
  return block <= 65536 && blocks < (guint64) 1 << 44 ? blocks * block : 0;
}

guint64
domuimg_image_parse_fs_size (DomuimgBytes head)
{
  guint64 xfs = read_xfs_size (head);

  return xfs != 0 ? xfs : read_ext_size (domuimg_bytes_slice (head, SUPERBLOCK, 1024));
}

/* libblkid takes no ext filesystem that is larger than where it lies: then it has been cut off,
 * and its superblock still says what it was. */
static void
read_cut_off_ext (DomuimgBytes super, DomuimgVolume *volume)
{
  guint32 compat, incompat;

  if (!domuimg_bytes_le32 (super, 0x5c, &compat) || !domuimg_bytes_le32 (super, 0x60, &incompat))
    return;
  volume->fs = g_strdup ((incompat & EXTENTS) != 0   ? "ext4"
                         : (compat & HAS_JOURNAL) != 0 ? "ext3"
                                                       : "ext2");
  volume->uuid = domuimg_uuid_format (super.data + 0x68);
  if (super.data[0x78] != 0)
    {
      g_autofree char *label = g_strndup ((const char *) super.data + 0x78, 16);

      volume->label = g_utf8_make_valid (label, -1);
    }
}

static DomuimgBlkidProbe *
new_probe (const DomuimgRegion *region, guint64 offset, guint64 length, GError **error)
{
  g_autoptr (DomuimgBlkidProbe) probe = domuimg_blkid_new_probe (region, offset, length, error);

  if (probe == NULL)
    return NULL;
  blkid_probe_enable_superblocks (probe, 1);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID
                                                | BLKID_SUBLKS_LABEL);
  return g_steal_pointer (&probe);
}

/* Two signatures at once (an old one was not wiped) are no filesystem to libblkid, nor to udev. */
static gboolean
probe_filesystem (const DomuimgRegion *region, DomuimgVolume *volume, guint64 there,
                  GError **error)
{
  g_autoptr (DomuimgBlkidProbe) probe = NULL;
  gboolean found;

  if (there == 0)
    return TRUE;
  probe = new_probe (region, volume->offset, there, error);
  if (probe == NULL
      || !domuimg_blkid_run (probe, blkid_do_safeprobe, region, volume->offset, there, &found, error))
    return FALSE;
  if (!found)
    return TRUE;
  volume->fs = domuimg_blkid_lookup (probe, "TYPE");
  volume->uuid = domuimg_blkid_lookup (probe, "UUID");
  volume->label = domuimg_blkid_lookup (probe, "LABEL");
  return TRUE;
}

/* What the volume holds. */
static gboolean
probe_content (const DomuimgRegion *region, DomuimgVolume *volume, GPtrArray *problems,
               GError **error)
{
  guint64 size = region->length;
  guint64 there = volume->offset < size ? MIN (volume->length, size - volume->offset) : 0;
  guint8 buffer[DOMUIMG_FS_HEAD];
  gssize got = domuimg_region_read (region, volume->offset, buffer, sizeof buffer);
  DomuimgBytes head = domuimg_bytes (buffer, MAX (got, 0));

  if (got < 0)
    return domuimg_blkid_fail_unread (region, errno, error);
  if (!probe_filesystem (region, volume, there, error))
    return FALSE;
  volume->fs_size = domuimg_image_parse_fs_size (head);
  if (volume->fs_size <= there)
    return TRUE;
  if (volume->fs == NULL && read_xfs_size (head) == 0)
    read_cut_off_ext (domuimg_bytes_slice (head, SUPERBLOCK, 1024), volume);
  g_ptr_array_add (problems,
                   g_strdup_printf ("%s: the filesystem%s is cut off: it says that it has"
                                    " %" G_GUINT64_FORMAT " bytes, and there are %" G_GUINT64_FORMAT
                                    " only",
                                    region->name, volume->number > 0 ? " of a partition" : "",
                                    volume->fs_size, there));
  return TRUE;
}

static DomuimgVolume *
volume_of_partition (blkid_partition partition)
{
  DomuimgVolume *volume = g_new0 (DomuimgVolume, 1);
  const char *type = blkid_partition_get_type_string (partition);
  gboolean is_dos = type == NULL;

  volume->number = blkid_partition_get_partno (partition);
  volume->offset = (guint64) blkid_partition_get_start (partition) * SECTOR;
  volume->length = (guint64) blkid_partition_get_size (partition) * SECTOR;
  volume->partuuid = g_strdup (blkid_partition_get_uuid (partition));
  volume->partlabel = g_strdup (blkid_partition_get_name (partition));
  volume->part_type = is_dos ? g_strdup_printf ("0x%x", blkid_partition_get_type (partition))
                             : g_ascii_strdown (type, -1);
  volume->active = is_dos && (blkid_partition_get_flags (partition) & 0x80) != 0;
  return volume;
}

static void
check_end (const DomuimgRegion *region, const DomuimgVolume *volume, GPtrArray *problems)
{
  if (volume->offset + volume->length > region->length)
    g_ptr_array_add (problems,
                     g_strdup_printf ("%s: the partition table says that partition %u ends at byte"
                                      " %" G_GUINT64_FORMAT ", and the image has %" G_GUINT64_FORMAT
                                      " bytes only",
                                      region->name, volume->number, volume->offset + volume->length,
                                      region->length));
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const DomuimgVolume *const *left = a;
  const DomuimgVolume *const *right = b;

  return (*left)->number < (*right)->number ? -1 : (*left)->number > (*right)->number;
}

static gboolean
add_partitions (const DomuimgRegion *region, blkid_partlist list, GPtrArray *volumes,
                GPtrArray *problems, GError **error)
{
  for (int i = 0; i < blkid_partlist_numof_partitions (list); i++)
    {
      blkid_partition partition = blkid_partlist_get_partition (list, i);
      DomuimgVolume *volume;

      if (blkid_partition_is_extended (partition))
        continue;
      volume = volume_of_partition (partition);
      g_ptr_array_add (volumes, volume);
      check_end (region, volume, problems);
      if (!probe_content (region, volume, problems, error))
        return FALSE;
    }
  g_ptr_array_sort (volumes, compare_numbers);
  return TRUE;
}

static gboolean
add_whole (const DomuimgRegion *region, GPtrArray *volumes, GPtrArray *problems, GError **error)
{
  DomuimgVolume *volume = g_new0 (DomuimgVolume, 1);

  volume->length = region->length;
  g_ptr_array_add (volumes, volume);
  return probe_content (region, volume, problems, error);
}

/* UEFI specification, 5.3: the second header of a GPT is in the last sector of the disk. */
static gboolean
check_backup (const DomuimgRegion *region, GPtrArray *problems, GError **error)
{
  guint64 size = region->length;
  char magic[8];
  gssize got = size >= SECTOR ? domuimg_region_read (region, size / SECTOR * SECTOR - SECTOR, magic,
                                                     sizeof magic)
                              : 0;

  if (got < 0)
    return domuimg_blkid_fail_unread (region, errno, error);
  if (got == sizeof magic && memcmp (magic, GPT_MAGIC, sizeof magic) == 0)
    return TRUE;
  g_ptr_array_add (problems,
                   g_strdup_printf ("%s: the backup of its GPT is not at its end: the image was"
                                    " made smaller or larger since; sgdisk -e moves it there",
                                    region->name));
  return TRUE;
}

/* Where the image ends before its GPT says, libblkid sees the table's stand-in only; and where there
 * is no table, the whole of it is what there is. */
static gboolean
add_cut_off_gpt (const DomuimgRegion *region, GPtrArray *volumes, const char **type,
                 GPtrArray *problems, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (DOMUIMG_GPT_HEAD);
  gssize got = domuimg_region_read (region, 0, buffer, DOMUIMG_GPT_HEAD);

  if (got < 0)
    return domuimg_blkid_fail_unread (region, errno, error);
  if (!domuimg_gpt_parse (domuimg_bytes (buffer, got), volumes))
    return add_whole (region, volumes, problems, error);
  *type = "gpt";
  for (guint i = 0; i < volumes->len; i++)
    {
      DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      check_end (region, volume, problems);
      if (!probe_content (region, volume, problems, error))
        return FALSE;
    }
  return TRUE;
}

/* *@list: the partitions; NULL where there is no table that libblkid takes. @is_fs: the boot sector
 * of a filesystem may look like a table, and a filesystem counts. */
static gboolean
find_partitions (const DomuimgRegion *region, DomuimgBlkidProbe *probe, blkid_partlist *list, gboolean *is_fs,
                 GError **error)
{
  g_autofree char *fs = NULL;
  gboolean found;

  *list = NULL;
  blkid_probe_enable_partitions (probe, 1);
  blkid_probe_set_partitions_flags (probe, BLKID_PARTS_ENTRY_DETAILS);
  if (!domuimg_blkid_run (probe, blkid_do_fullprobe, region, 0, region->length, &found, error))
    return FALSE;
  if (found)
    *list = blkid_probe_get_partitions (probe);
  fs = domuimg_blkid_lookup (probe, "TYPE");
  *is_fs = fs != NULL;
  if (*list != NULL && blkid_partlist_get_table (*list) == NULL)
    *list = NULL;
  return TRUE;
}

/* *@type becomes that of the table. */
static gboolean
add_all (const DomuimgRegion *region, DomuimgBlkidProbe *probe, GPtrArray *volumes, const char **type,
         GPtrArray *problems, GError **error)
{
  blkid_partlist list;
  gboolean is_fs;

  *type = NULL;
  if (!find_partitions (region, probe, &list, &is_fs, error))
    return FALSE;
  if (is_fs)
    return add_whole (region, volumes, problems, error);
  if (list == NULL)
    return add_cut_off_gpt (region, volumes, type, problems, error);
  *type = blkid_parttable_get_type (blkid_partlist_get_table (list));
  return add_partitions (region, list, volumes, problems, error);
}

gboolean
domuimg_image_probe (const DomuimgRegion *region, GPtrArray *volumes, char **table,
                     GPtrArray *problems, GError **error)
{
  g_autoptr (DomuimgBlkidProbe) probe = NULL;
  const char *type;

  *table = NULL;
  if (region->length == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: is empty", region->name);
  probe = new_probe (region, 0, region->length, error);
  if (probe == NULL || !add_all (region, probe, volumes, &type, problems, error))
    return FALSE;
  if (g_strcmp0 (type, "gpt") == 0 && !check_backup (region, problems, error))
    return FALSE;
  *table = g_strdup (type);
  return TRUE;
}
