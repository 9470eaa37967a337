/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the partitions and logical volumes of an image by libguestfs. */
#include "config.h"
#include "lib/image/volumes-guestfs.h"

#include <string.h>

#ifdef HAVE_GUESTFS
#include <guestfs.h>

#include "lib/fs/guestfs/appliance.h"
#include "lib/image/probe.h"

#define DISK "/dev/sda"
#define SECTOR 512

char *
domuimg_appliance_device_of (const DomuimgVolume *volume)
{
  if (volume->lv != NULL)
    return g_strconcat ("/dev/", volume->lv, NULL);
  return volume->number > 0 ? g_strdup_printf (DISK "%u", volume->number) : g_strdup (DISK);
}

static gboolean
fail (guestfs_h *handle, GError **error, const char *doing)
{
  const char *message = guestfs_last_error (handle);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: libguestfs: %s", doing,
                       message != NULL ? message : "it does not say what is wrong");
}

gboolean
domuimg_appliance_read_head (DomuimgAppliance *appliance, guint8 *buffer, gsize length,
                             GError **error)
{
  guestfs_h *handle = domuimg_appliance_start (appliance, error);
  g_autofree char *content = NULL;
  gsize got = 0;

  if (handle == NULL)
    return FALSE;
  content = guestfs_pread_device (handle, DISK, (int) length, 0, &got);
  if (content == NULL)
    return domuimg_appliance_fail (appliance, error, "reading its first sector");
  memcpy (buffer, content, MIN (got, length));
  return TRUE;
}

/* The value of a tag, as `blkid -p -o export` has it. @tags: name, value, ... */
static const char *
tag (char **tags, const char *name)
{
  for (char **at = tags; at != NULL && at[0] != NULL && at[1] != NULL; at += 2)
    if (g_str_equal (at[0], name))
      return at[1];
  return NULL;
}

static char *
copy_tag (char **tags, const char *name)
{
  const char *value = tag (tags, name);

  return value != NULL ? g_utf8_make_valid (value, -1) : NULL;
}

static guint64
number_tag (char **tags, const char *name)
{
  const char *value = tag (tags, name);

  return value != NULL ? g_ascii_strtoull (value, NULL, 0) : 0;
}

/* NULL for an extended partition, which holds others only. */
static DomuimgVolume *
look_at (guestfs_h *handle, const char *device, char **table)
{
  g_auto (GStrv) tags = guestfs_blkid (handle, device);
  g_autoptr (DomuimgVolume) volume = g_new0 (DomuimgVolume, 1);
  gint64 length = guestfs_blockdev_getsize64 (handle, device);
  g_autofree char *head = NULL;
  gsize got = 0;

  volume->part_type = copy_tag (tags, "PART_ENTRY_TYPE");
  if (volume->part_type != NULL
      && (g_str_equal (volume->part_type, "0x5") || g_str_equal (volume->part_type, "0xf")
          || g_str_equal (volume->part_type, "0x85")))
    return NULL;
  head = guestfs_pread_device (handle, device, DOMUIMG_FS_HEAD, 0, &got);
  volume->fs_size = head != NULL ? domuimg_image_parse_fs_size (domuimg_bytes (head, got)) : 0;
  volume->offset = number_tag (tags, "PART_ENTRY_OFFSET") * SECTOR;
  volume->length = length > 0 ? length : 0;
  volume->fs = copy_tag (tags, "TYPE");
  volume->uuid = copy_tag (tags, "UUID");
  volume->label = copy_tag (tags, "LABEL");
  volume->partuuid = copy_tag (tags, "PART_ENTRY_UUID");
  volume->partlabel = copy_tag (tags, "PART_ENTRY_NAME");
  volume->active = g_strcmp0 (tag (tags, "PART_ENTRY_FLAGS"), "0x80") == 0;
  if (*table == NULL)
    *table = copy_tag (tags, "PART_ENTRY_SCHEME");
  return g_steal_pointer (&volume);
}

static gint
compare_numbers (gconstpointer a, gconstpointer b)
{
  const DomuimgVolume *const *left = a;
  const DomuimgVolume *const *right = b;

  return (*left)->number < (*right)->number ? -1 : (*left)->number > (*right)->number;
}

gboolean
domuimg_appliance_list_partitions (DomuimgAppliance *appliance, GPtrArray *volumes, char **table,
                                   GError **error)
{
  guestfs_h *handle = domuimg_appliance_start (appliance, error);
  g_auto (GStrv) names = handle != NULL ? guestfs_list_partitions (handle) : NULL;

  *table = NULL;
  if (names == NULL)
    return handle != NULL && fail (handle, error, "listing the partitions");
  for (char **name = names; *name != NULL; name++)
    {
      DomuimgVolume *volume = look_at (handle, *name, table);

      if (volume == NULL)
        continue;
      volume->number = MAX (guestfs_part_to_partnum (handle, *name), 0);
      g_ptr_array_add (volumes, volume);
    }
  g_ptr_array_sort (volumes, compare_numbers);
  if (*names == NULL)
    {
      g_autofree char *none = NULL;
      DomuimgVolume *whole = look_at (handle, DISK, &none);

      if (whole != NULL)
        g_ptr_array_add (volumes, whole);
    }
  return TRUE;
}

gboolean
domuimg_appliance_list_lvs (DomuimgAppliance *appliance, GPtrArray *volumes, GError **error)
{
  guestfs_h *handle = domuimg_appliance_start (appliance, error);
  g_auto (GStrv) names = handle != NULL ? guestfs_lvs (handle) : NULL;

  if (names == NULL)
    return handle != NULL && fail (handle, error, "listing the logical volumes");
  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *none = NULL;
      DomuimgVolume *volume = look_at (handle, *name, &none);

      if (volume == NULL)
        continue;
      volume->lv = g_strdup (g_str_has_prefix (*name, "/dev/") ? *name + 5 : *name);
      g_ptr_array_add (volumes, volume);
    }
  return TRUE;
}
#else
char *
domuimg_appliance_device_of (const DomuimgVolume *volume)
{
  return g_strdup ("");
}

gboolean
domuimg_appliance_read_head (DomuimgAppliance *appliance, guint8 *buffer, gsize length,
                             GError **error)
{
  return domuimg_appliance_start (appliance, error) != NULL;
}

gboolean
domuimg_appliance_list_partitions (DomuimgAppliance *appliance, GPtrArray *volumes, char **table,
                                   GError **error)
{
  return domuimg_appliance_start (appliance, error) != NULL;
}

gboolean
domuimg_appliance_list_lvs (DomuimgAppliance *appliance, GPtrArray *volumes, GError **error)
{
  return domuimg_appliance_start (appliance, error) != NULL;
}
#endif
