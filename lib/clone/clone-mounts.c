/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which filesystems a guest's files are in: its root, and what its fstab mounts there. */
#include "config.h"
#include "lib/clone/clone-source.h"

#include <string.h>

#include "lib/domain/model/vdev.h"
#include "lib/guest/fstab-table.h"
#include "lib/guest/root.h"
#include "lib/image/devices.h"
#include "lib/tree/faults.h"

static gboolean
is_ext (const DomuimgVolume *volume)
{
  return volume->fs != NULL && g_str_has_prefix (volume->fs, "ext");
}

static gboolean
is_direct (const DomuimgDevice *device)
{
  return is_ext (device->volume) && device->volume->lv == NULL && device->volume->inside == NULL;
}

static DomuimgCloneDisk *
get_disk (DomuimgCloneSource *self, guint i)
{
  return g_ptr_array_index (self->disks, i);
}

static void
add_mount (DomuimgCloneSource *self, const DomuimgDevice *device, const char *point)
{
  DomuimgCloneMount *mount = g_new0 (DomuimgCloneMount, 1);

  mount->disk = device->disk;
  mount->volume = device->volume;
  mount->point = g_strdup (point);
  mount->is_direct = is_direct (device);
  g_ptr_array_add (self->mounts, mount);
}

static GPtrArray *
list_devices (DomuimgCloneSource *self, GError **error)
{
  g_autoptr (GPtrArray) devices = domuimg_devices_new ();

  for (guint i = 0; i < self->disks->len; i++)
    {
      DomuimgCloneDisk *disk = get_disk (self, i);
      GPtrArray *volumes = domuimg_image_list_volumes (disk->image, error);
      g_autofree char *name = disk->vdev != NULL ? domuimg_vdev_linux_name (disk->vdev)
                                                 : g_strdup_printf ("xvd%c", (char) ('a' + i % 26));

      if (volumes == NULL)
        return NULL;
      domuimg_devices_add_volumes (devices, name, i, disk->image, volumes);
    }
  return g_steal_pointer (&devices);
}

/* (nullable) Its files, if they are a system; *@first is why files could not be read. */
static DomuimgTree *
open_if_root (const DomuimgDevice *device, GError **first)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgTree) tree
      = domuimg_image_open_tree (device->image, device->volume, FALSE, &local);

  if (tree != NULL && domuimg_guest_root_is (tree))
    return g_steal_pointer (&tree);
  if (tree != NULL)
    domuimg_tree_check_faults (tree, &local);
  if (local != NULL && *first == NULL)
    *first = g_steal_pointer (&local);
  return NULL;
}

/* What is read here comes before what another Linux has to be started for. */
static DomuimgTree *
find_root (const GPtrArray *devices, const DomuimgDevice **root, GError **first)
{
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < devices->len; i++)
      {
        const DomuimgDevice *device = g_ptr_array_index (devices, i);
        DomuimgTree *tree;

        if (device->volume == NULL || !domuimg_guest_root_has_files (device->volume)
            || is_ext (device->volume) != (round == 0))
          continue;
        tree = open_if_root (device, first);
        if (tree != NULL)
          {
            *root = device;
            return tree;
          }
      }
  return NULL;
}

/* Whether a cleaner has to look there: loaders have no identity but what a menu says of filesystems, for
 * which no other Linux is started. */
static gboolean
is_wanted (const DomuimgFstabEntry *entry, const DomuimgDevice *device)
{
  if (device == NULL || device->volume == NULL || !domuimg_guest_root_has_files (device->volume))
    return FALSE;
  return is_direct (device)
         || (!g_str_has_prefix (entry->file, "/boot") && !g_str_has_prefix (entry->file, "/efi"));
}

static void
add_others (DomuimgCloneSource *self, GPtrArray *devices, DomuimgTree *root)
{
  g_autofree char *text = domuimg_tree_read_text (root, "etc/fstab", NULL);
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text != NULL ? text : "");
  const GPtrArray *entries = domuimg_fstab_get_entries (fstab);

  for (guint i = 0; i < entries->len; i++)
    {
      const DomuimgFstabEntry *entry = g_ptr_array_index (entries, i);
      gboolean is_below = entry->file[0] == '/' && entry->file[1] != '\0';
      DomuimgDevice *device = is_below ? domuimg_devices_find (devices, entry->spec) : NULL;

      if (is_wanted (entry, device))
        add_mount (self, device, entry->file + 1);
    }
}

gboolean
domuimg_clone_source_find_mounts (DomuimgCloneSource *self, GError **error)
{
  g_autoptr (GPtrArray) devices = list_devices (self, error);
  const DomuimgDevice *root = NULL;
  g_autoptr (GError) first = NULL;
  g_autoptr (DomuimgTree) tree = devices != NULL ? find_root (devices, &root, &first) : NULL;

  if (devices == NULL)
    return FALSE;
  if (tree == NULL && first != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first));
      return FALSE;
    }
  if (tree == NULL)
    {
      g_ptr_array_add (self->notes,
                       g_strdup ("no system was found on the disks, so what tells it from its copies"
                                 " was not changed in them"));
      return TRUE;
    }
  add_mount (self, root, "");
  add_others (self, devices, tree);
  return TRUE;
}
