/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/image/probe.h"

#include <blkid/blkid.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/bytes.h"

#define SECTOR 512
#define SUPERBLOCK 1024

typedef struct blkid_struct_probe Probe;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Probe, blkid_free_probe)

static char *
lookup (Probe *probe, const char *name)
{
  const char *value = NULL;

  return blkid_probe_lookup_value (probe, name, &value, NULL) == 0 && value != NULL
             ? g_utf8_make_valid (value, -1)
             : NULL;
}

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

  if (!domuimg_bytes_starts_with (head, "XFSB", 4) || !domuimg_bytes_le32 (head, 4, &block)
      || !domuimg_bytes_le64 (head, 8, &blocks))
    return 0;
  block = GUINT32_SWAP_LE_BE (block);
  blocks = GUINT64_SWAP_LE_BE (blocks);
  return block <= 65536 && blocks < (guint64) 1 << 44 ? blocks * block : 0;
}

guint64
domuimg_image_read_fs_size (int fd, guint64 offset)
{
  guint8 buffer[SUPERBLOCK + 1024];
  gssize got = pread (fd, buffer, sizeof buffer, offset);
  DomuimgBytes head = domuimg_bytes (buffer, MAX (got, 0));
  guint64 xfs = read_xfs_size (head);

  if (xfs != 0 || !domuimg_bytes_has (head, SUPERBLOCK, 1024))
    return xfs;
  return read_ext_size (domuimg_bytes_slice (head, SUPERBLOCK, 1024));
}

static Probe *
new_probe (int fd, guint64 offset, guint64 length, const char *path, GError **error)
{
  g_autoptr (Probe) probe = blkid_new_probe ();

  if (probe == NULL || blkid_probe_set_device (probe, fd, offset, length) != 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_IO, "%s: cannot be probed", path);
      return NULL;
    }
  blkid_probe_enable_superblocks (probe, 1);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID
                                                | BLKID_SUBLKS_LABEL);
  return g_steal_pointer (&probe);
}

/* What the volume holds. Two signatures at once (an old one was not wiped) are no filesystem to
 * libblkid, nor to udev. */
static void
probe_content (int fd, guint64 size, const char *path, DomuimgVolume *volume)
{
  guint64 there = volume->offset < size ? MIN (volume->length, size - volume->offset) : 0;
  g_autoptr (Probe) probe
      = there > 0 ? new_probe (fd, volume->offset, there, path, NULL) : NULL;

  if (probe == NULL)
    return;
  volume->fs_size = domuimg_image_read_fs_size (fd, volume->offset);
  if (blkid_do_safeprobe (probe) != 0)
    return;
  volume->fs = lookup (probe, "TYPE");
  volume->uuid = lookup (probe, "UUID");
  volume->label = lookup (probe, "LABEL");
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
check_end (const DomuimgVolume *volume, guint64 size, const char *path, GPtrArray *problems)
{
  if (volume->offset + volume->length > size)
    g_ptr_array_add (problems,
                     g_strdup_printf ("%s: the partition table says that partition %u ends at byte"
                                      " %" G_GUINT64_FORMAT ", and the image has %" G_GUINT64_FORMAT
                                      " bytes only",
                                      path, volume->number, volume->offset + volume->length, size));
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const DomuimgVolume *const *left = a;
  const DomuimgVolume *const *right = b;

  return (*left)->number < (*right)->number ? -1 : (*left)->number > (*right)->number;
}

static void
add_partitions (int fd, guint64 size, const char *path, blkid_partlist list, GPtrArray *volumes,
                GPtrArray *problems)
{
  for (int i = 0; i < blkid_partlist_numof_partitions (list); i++)
    {
      blkid_partition partition = blkid_partlist_get_partition (list, i);
      DomuimgVolume *volume;

      if (blkid_partition_is_extended (partition))
        continue;
      volume = volume_of_partition (partition);
      g_ptr_array_add (volumes, volume);
      check_end (volume, size, path, problems);
      probe_content (fd, size, path, volume);
    }
  g_ptr_array_sort (volumes, compare_numbers);
}

static void
add_whole (int fd, guint64 size, const char *path, GPtrArray *volumes)
{
  DomuimgVolume *volume = g_new0 (DomuimgVolume, 1);

  volume->length = size;
  probe_content (fd, size, path, volume);
  g_ptr_array_add (volumes, volume);
}

gboolean
domuimg_image_probe (int fd, guint64 size, const char *path, GPtrArray *volumes, char **table,
                     GPtrArray *problems, GError **error)
{
  g_autoptr (Probe) probe = NULL;
  blkid_partlist list = NULL;
  blkid_parttable found = NULL;

  *table = NULL;
  if (size == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: is empty", path);
  probe = new_probe (fd, 0, size, path, error);
  if (probe == NULL)
    return FALSE;
  blkid_probe_enable_partitions (probe, 1);
  blkid_probe_set_partitions_flags (probe, BLKID_PARTS_ENTRY_DETAILS);
  if (blkid_do_fullprobe (probe) == 0)
    list = blkid_probe_get_partitions (probe);
  found = list != NULL ? blkid_partlist_get_table (list) : NULL;
  /* The boot sector of a filesystem may look like a table: a filesystem counts. */
  if (found != NULL && lookup (probe, "TYPE") == NULL)
    {
      *table = g_strdup (blkid_parttable_get_type (found));
      add_partitions (fd, size, path, list, volumes, problems);
    }
  else
    add_whole (fd, size, path, volumes);
  return TRUE;
}
