/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the partitions and logical volumes of a disk by libguestfs. */
#include "config.h"
#include "lib/fs/guestfs/appliance.h"

#include <string.h>

#define DISK "/dev/sda"
/* What those read who parse superblocks. */
#define HEAD 4096

gboolean
domuimg_guestfs_is_built (void)
{
  return TRUE;
}

char *
domuimg_guestfs_device_of (const char *lv, guint number)
{
  if (lv != NULL)
    return g_strconcat ("/dev/", lv, NULL);
  return number > 0 ? g_strdup_printf (DISK "%u", number) : g_strdup (DISK);
}

static gboolean
fail (guestfs_h *handle, GError **error, const char *doing)
{
  const char *message = guestfs_last_error (handle);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: libguestfs: %s", doing,
                       message != NULL ? message : "it does not say what is wrong");
}

gboolean
domuimg_guestfs_read_head (DomuimgGuestfs *self, guint8 *buffer, gsize length, GError **error)
{
  guestfs_h *handle = domuimg_guestfs_start (self, error);
  g_autofree char *content = NULL;
  gsize got = 0;

  if (handle == NULL)
    return FALSE;
  content = guestfs_pread_device (handle, DISK, (int) length, 0, &got);
  if (content == NULL)
    return domuimg_guestfs_fail (self, error, "reading its first sector");
  memcpy (buffer, content, MIN (got, length));
  return TRUE;
}

static DomuimgApplianceVolume *
look_at (guestfs_h *handle, const char *device)
{
  DomuimgApplianceVolume *volume = g_new0 (DomuimgApplianceVolume, 1);
  gint64 length = guestfs_blockdev_getsize64 (handle, device);
  g_autofree char *head = NULL;
  gsize got = 0;

  volume->tags = guestfs_blkid (handle, device);
  volume->length = length > 0 ? (guint64) length : 0;
  head = guestfs_pread_device (handle, device, HEAD, 0, &got);
  volume->head = g_bytes_new (head, head != NULL ? got : 0);
  return volume;
}

/* What is found under each of the names that @list gives. */
static GPtrArray *
list_volumes (DomuimgGuestfs *self, char **(*list) (guestfs_h *), const char *doing,
              void (*add) (guestfs_h *, const char *, DomuimgApplianceVolume *), GError **error)
{
  guestfs_h *handle = domuimg_guestfs_start (self, error);
  g_auto (GStrv) names = handle != NULL ? list (handle) : NULL;
  GPtrArray *volumes;

  if (names == NULL)
    {
      if (handle != NULL)
        fail (handle, error, doing);
      return NULL;
    }
  volumes = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_appliance_volume_free);
  for (char **name = names; *name != NULL; name++)
    {
      DomuimgApplianceVolume *volume = look_at (handle, *name);

      add (handle, *name, volume);
      g_ptr_array_add (volumes, volume);
    }
  return volumes;
}

static void
add_number (guestfs_h *handle, const char *name, DomuimgApplianceVolume *volume)
{
  volume->number = (guint) MAX (guestfs_part_to_partnum (handle, name), 0);
}

GPtrArray *
domuimg_guestfs_list_partitions (DomuimgGuestfs *self, GError **error)
{
  GPtrArray *volumes
      = list_volumes (self, guestfs_list_partitions, "listing the partitions", add_number, error);

  if (volumes != NULL && volumes->len == 0)
    g_ptr_array_add (volumes, look_at (domuimg_guestfs_start (self, error), DISK));
  return volumes;
}

static void
add_lv (guestfs_h *handle, const char *name, DomuimgApplianceVolume *volume)
{
  volume->lv = g_strdup (g_str_has_prefix (name, "/dev/") ? name + 5 : name);
}

GPtrArray *
domuimg_guestfs_list_lvs (DomuimgGuestfs *self, GError **error)
{
  return list_volumes (self, guestfs_lvs, "listing the logical volumes", add_lv, error);
}
