/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of an image's filesystems hold the root of a guest and its /boot. */
#include "config.h"
#include "lib/guest/root.h"

#include "lib/guest/fstab-table.h"
#include "lib/guest/kernels.h"
#include "lib/tree/faults.h"
#include "lib/tree/mount.h"

gboolean
domuimg_guest_root_has_files (const DomuimgVolume *volume)
{
  static const char *const without[]
      = { "swap", "LVM2_member", "crypto_LUKS", "linux_raid_member", NULL };

  return volume != NULL && volume->fs != NULL && !g_strv_contains (without, volume->fs);
}

gboolean
domuimg_guest_root_is (DomuimgTree *tree)
{
  return domuimg_tree_is_dir (tree, "etc")
         && (domuimg_tree_is_dir (tree, "sbin") || domuimg_tree_is_dir (tree, "bin")
             || domuimg_tree_is_dir (tree, "usr/bin"));
}

void
domuimg_guest_root_free (DomuimgGuestRoot *self)
{
  g_clear_object (&self->tree);
  g_clear_pointer (&self->image, domuimg_image_free);
  g_free (self);
}

/* The first problem stays in @error for the case that nothing better is found. */
static DomuimgTree *
open_if_root (DomuimgImage *image, const DomuimgVolume *volume, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgTree) tree = NULL;

  if (!domuimg_guest_root_has_files (volume))
    return NULL;
  tree = domuimg_image_open_tree (image, volume, FALSE, &local);
  if (tree != NULL && domuimg_guest_root_is (tree))
    return g_steal_pointer (&tree);
  if (tree != NULL)
    domuimg_tree_check_faults (tree, &local);
  if (local != NULL && *error == NULL)
    *error = g_steal_pointer (&local);
  return NULL;
}

/* Whether the guest's fstab names the filesystem as what it mounts at @point. */
static gboolean
is_in_fstab (DomuimgTree *root, const DomuimgVolume *volume, const char *point)
{
  g_autofree char *text = domuimg_tree_read_text (root, "etc/fstab", NULL);
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text != NULL ? text : "");
  const DomuimgFstabEntry *entry = domuimg_fstab_find (fstab, point);
  const char *const ids[] = { volume->uuid, volume->partuuid, volume->label, volume->lv };

  for (guint i = 0; entry != NULL && i < G_N_ELEMENTS (ids); i++)
    if (ids[i] != NULL && ids[i][0] != '\0' && g_str_has_suffix (entry->spec, ids[i]))
      return TRUE;
  return FALSE;
}

/* (nullable) Where the guest mounts it, as a path in the root. */
static const char *
find_point (DomuimgTree *root, const DomuimgVolume *volume)
{
  static const char *const points[] = { "/boot", "/efi", "/boot/efi" };

  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    if (is_in_fstab (root, volume, points[i]) && domuimg_tree_is_dir (root, points[i]))
      return points[i] + 1;
  return NULL;
}

/* (nullable) The filesystem with kernels, and where it is mounted: that of the guest's fstab, else the
 * first, for /boot. Where there is none, *@error is why one could not be opened, if so. */
static DomuimgTree *
find_boot (DomuimgGuestRoot *self, GPtrArray *volumes, const char **point, GError **error)
{
  g_autoptr (DomuimgTree) first = NULL;

  *point = "boot";
  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      g_autoptr (DomuimgTree) tree = NULL;
      const char *found;

      if (volume == self->volume || !domuimg_guest_root_has_files (volume))
        continue;
      tree = domuimg_image_open_tree (self->image, volume, FALSE, *error == NULL ? error : NULL);
      if (tree == NULL || !domuimg_guest_is_boot (tree))
        continue;
      found = find_point (self->tree, volume);
      if (found != NULL)
        {
          *point = found;
          g_clear_error (error);
          return g_steal_pointer (&tree);
        }
      if (first == NULL)
        first = g_steal_pointer (&tree);
    }
  if (first != NULL)
    g_clear_error (error);
  return g_steal_pointer (&first);
}

gboolean
domuimg_guest_root_mount_boot (DomuimgGuestRoot *self, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_volumes (self->image, error);
  g_autoptr (GError) unopened = NULL;
  g_autoptr (DomuimgTree) root = NULL;
  g_autoptr (DomuimgTree) boot = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, "boot", NULL);
  const char *point;

  if (volumes == NULL)
    return FALSE;
  if (entry == NULL || entry->type != DOMUIMG_ENTRY_DIRECTORY
      || domuimg_kernel_is_in (self->tree, "boot"))
    return TRUE;
  boot = find_boot (self, volumes, &point, &unopened);
  if (unopened != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&unopened));
      return FALSE;
    }
  if (boot == NULL)
    return TRUE;
  root = g_steal_pointer (&self->tree);
  self->tree = domuimg_tree_mount_new (root, point, boot);
  return TRUE;
}

DomuimgGuestRoot *
domuimg_guest_root_open (const char *path, GError **error)
{
  g_autoptr (DomuimgGuestRoot) self = g_new0 (DomuimgGuestRoot, 1);
  g_autoptr (GError) first = NULL;
  GPtrArray *volumes;

  self->image = domuimg_image_open (path, NULL, error);
  volumes = self->image != NULL ? domuimg_image_list_volumes (self->image, error) : NULL;
  for (guint i = 0; volumes != NULL && i < volumes->len && self->tree == NULL; i++)
    {
      self->volume = g_ptr_array_index (volumes, i);
      self->tree = open_if_root (self->image, self->volume, &first);
    }
  if (self->tree != NULL)
    {
      if (!domuimg_guest_root_mount_boot (self, error) || !domuimg_tree_check_faults (self->tree, error))
        return NULL;
      return g_steal_pointer (&self);
    }
  if (volumes != NULL && first != NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  else if (volumes != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s: no filesystem in it holds an operating system (/etc and programs)", path);
  return NULL;
}
