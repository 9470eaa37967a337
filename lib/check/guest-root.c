/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/guest-root.h"

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
  if (local != NULL && *error == NULL)
    *error = g_steal_pointer (&local);
  return NULL;
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
    return g_steal_pointer (&self);
  if (volumes != NULL && first != NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  else if (volumes != NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                  "%s: no filesystem in it holds an operating system (/etc and programs)", path);
  return NULL;
}
