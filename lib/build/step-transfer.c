/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the disks of the old machine and finds the system on them. */
#include "config.h"
#include "lib/build/state.h"

#include <string.h>

#include "lib/build/plan-import.h"
#include "lib/build/transfer.h"
#include "lib/guest/root.h"
#include "lib/image/devices.h"
#include "lib/image/luks-key.h"
#include "lib/tree/mount.h"

/* The path of a socket is short, whatever directory the results are in. */
static char *
make_directory (DomuimgBuildState *self, GError **error)
{
  if (strlen (self->work_directory) <= DOMUIMG_SOCKET_DIRECTORY_MAX)
    return g_strdup (self->work_directory);
  return domuimg_undo_make_directory (self->undo, "/tmp", error);
}

/* What is made of the disk lies over it, and takes the changes at once. */
static gboolean
lay_over (DomuimgBuildState *self, guint i, const char **overlays, GCancellable *cancellable,
          GError **error)
{
  const DomuimgDiskOrigin origin = domuimg_plan_get_origin (self->plan, i);
  const DomuimgDiskSpec *disk = domuimg_plan_get_disk (self->plan, i);

  overlays[i] = domuimg_build_get_disk (self, i)->path;
  return disk->kind->allocate (disk, overlays[i], domuimg_plan_get_made_size (self->plan, i), &origin,
                               cancellable, error);
}

gboolean
domuimg_build_step_transfer (DomuimgBuildState *self, DomuimgProgress *progress,
                           GCancellable *cancellable, GError **error)
{
  DomuimgPlan *plan = self->plan;
  g_autofree const char **overlays = g_new0 (const char *, plan->disks->len);
  g_autofree guint64 *sizes = g_new0 (guint64, plan->disks->len);
  g_autofree char *directory = NULL;

  domuimg_progress_set_message (progress, "Opening the disks");
  directory = make_directory (self, error);
  if (directory == NULL)
    return FALSE;
  self->transfer = domuimg_transfer_new (directory);
  for (guint i = 0; i < domuimg_plan_count_converted (plan); i++)
    sizes[i] = domuimg_plan_get_made_size (plan, i);
  for (guint i = 0; i < domuimg_plan_count_converted (plan); i++)
    if ((domuimg_plan_get_disk (plan, i)->kind->traits & DOMUIMG_DISK_LIES_OVER) != 0
        && !lay_over (self, i, overlays, cancellable, error))
      return FALSE;
  domuimg_source_tell (plan->source, self->warnings);
  return domuimg_transfer_open (self->transfer, plan->import, self->work_directory, overlays,
                                sizes, self->warnings, cancellable, error);
}

/* The name that the domU's Linux gives the device. */
static char *
name_of (DomuimgBuildState *self, guint disk, const DomuimgVolume *volume)
{
  return domuimg_device_name_volume (domuimg_plan_get_disk (self->plan, disk)->vdev, volume);
}

static gboolean
is_asked_for (const char *asked, const char *name, const DomuimgVolume *volume)
{
  const DomuimgDevice device = { .name = (char *) name, .volume = volume };

  return g_str_equal (asked, name) || domuimg_device_is_called (&device, asked);
}

/* What is found on the disks. */
typedef struct {
  DomuimgBuildState *build;
  GString *names;     /* of all systems, for a message */
  guint n_systems;
  gboolean was_found; /* the one that was asked for */
  GPtrArray *keys;    /* (element-type DomuimgLuksKey) */
  GError *first;      /* why a filesystem could not be read */
} Search;

/* The disk under the old machine's name for it. */
static DomuimgImage *
get_image (DomuimgBuildState *self, guint disk)
{
  return ((DomuimgTransferDisk *) g_ptr_array_index (self->transfer->disks, disk))->image;
}

static void
take_root (Search *self, guint disk, const DomuimgVolume *volume, const char *name,
           DomuimgSystem system, const char *system_name)
{
  DomuimgBuildState *build = self->build;

  g_ptr_array_set_size (build->mounts, 0);
  domuimg_build_add_mount (build, get_image (build, disk), volume, name, NULL);
  build->system = system;
  g_free (build->system_name);
  build->system_name = g_strdup (system_name);
}

static gboolean
fail_hibernated (const DomuimgTransferDisk *disk, const char *name, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: the system on %s is hibernated; start it on the old machine and shut it"
                       " down completely (Windows: shutdown /s /t 0)",
                       disk->name, name);
}

static gboolean
look_into (Search *self, guint disk, const DomuimgVolume *volume, GError **error)
{
  DomuimgTransferDisk *on = g_ptr_array_index (self->build->transfer->disks, disk);
  const char *asked = domuimg_spec_get (self->build->plan->spec, "root");
  g_autofree char *name = name_of (self->build, disk, volume);
  g_autofree char *system_name = NULL;
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GError) local = NULL;
  DomuimgSystem system;
  gboolean is_hibernated;

  /* An EFI system partition holds loaders, and no system. */
  if (!domuimg_guest_root_has_files (volume) || domuimg_volume_is_esp (volume))
    return TRUE;
  tree = domuimg_image_open_tree (on->image, volume, FALSE, &local);
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_IO))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (tree == NULL)
    {
      if (self->first == NULL)
        self->first = g_steal_pointer (&local);
      return TRUE;
    }
  system = domuimg_system_of_tree (tree, &system_name);
  is_hibernated = domuimg_system_is_hibernated (tree);
  if (!domuimg_image_close_tree (on->image, g_steal_pointer (&tree), error))
    return FALSE;
  if (is_hibernated)
    return fail_hibernated (on, name, error);
  if (system == DOMUIMG_SYSTEM_UNKNOWN)
    return TRUE;
  g_string_append_printf (self->names, "%s%s (%s)", self->n_systems > 0 ? ", " : "", name,
                          system_name);
  self->n_systems++;
  if (asked == NULL ? self->n_systems == 1 : is_asked_for (asked, name, volume))
    {
      self->was_found = TRUE;
      take_root (self, disk, volume, name, system, system_name);
    }
  return TRUE;
}

static gboolean
take_keys (Search *self, GError **error)
{
  g_auto (GStrv) given = domuimg_spec_get_all (self->build->plan->spec, "luks-key");

  self->keys = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_luks_key_free);
  for (guint i = 0; given != NULL && given[i] != NULL; i++)
    {
      DomuimgLuksKey *key = domuimg_luks_key_parse (given[i], error);

      if (key == NULL)
        return FALSE;
      g_ptr_array_add (self->keys, key);
    }
  return TRUE;
}

/* What is in an encrypted disk comes behind it. */
static void
unlock (Search *self, guint disk, DomuimgImage *image, GPtrArray *volumes)
{
  const char *vdev = domuimg_plan_get_disk (self->build->plan, disk)->vdev;
  guint n = volumes->len;

  for (guint i = 0; i < n; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);
      g_autofree char *name = domuimg_device_name_volume (vdev, volume);
      g_autoptr (GError) local = NULL;
      guint before = volumes->len;

      if (g_strcmp0 (volume->fs, "crypto_LUKS") != 0)
        continue;
      if (!domuimg_luks_keys_unlock (self->keys, image, volume, vdev, TRUE, &local))
        g_ptr_array_add (self->build->warnings, g_strdup (local->message));
      else if (volumes->len == before)
        domuimg_fail (&local, DOMUIMG_ERROR_PERMISSION,
                      "%s is encrypted: --luks-key FILE opens it, where the file holds its key", name);
      if (local != NULL && self->first == NULL)
        self->first = g_steal_pointer (&local);
    }
}

static void
tell_unused_keys (Search *self)
{
  char *why;

  while (domuimg_luks_keys_find_unused (self->keys, &why) != NULL)
    g_ptr_array_add (self->build->warnings, why);
}

static gboolean
search_disk (Search *self, guint disk, GError **error)
{
  DomuimgTransferDisk *on = g_ptr_array_index (self->build->transfer->disks, disk);
  GPtrArray *volumes = domuimg_image_list_volumes (on->image, error);
  GPtrArray *problems;

  if (volumes == NULL)
    return FALSE;
  unlock (self, disk, on->image, volumes);
  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (volume->fs != NULL
          && (g_str_equal (volume->fs, "swsuspend") || g_str_equal (volume->fs, "swsusp")))
        {
          g_autofree char *name = name_of (self->build, disk, volume);

          return fail_hibernated (on, name, error);
        }
      if (!look_into (self, disk, volume, error))
        return FALSE;
    }
  problems = domuimg_image_get_problems (on->image);
  for (guint i = 0; i < problems->len; i++)
    g_ptr_array_add (self->build->warnings, g_strdup (g_ptr_array_index (problems, i)));
  return TRUE;
}

/* Whatever is on the disks, their own boot loader is to start it. */
static gboolean
is_taken_as_it_is (const DomuimgBuildState *build)
{
  return build->loader == DOMUIMG_LOADER_FIRMWARE;
}

static gboolean
decide (Search *self, GError **error)
{
  const char *asked = domuimg_spec_get (self->build->plan->spec, "root");

  if (asked != NULL && !self->was_found)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "--root %s: there is no system there; there is %s", asked,
                         self->n_systems > 0 ? self->names->str : "none at all");
  if (asked == NULL && self->n_systems > 1)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "there are several systems: %s; choose one with --root", self->names->str);
  if (self->n_systems == 0 && self->first != NULL && !is_taken_as_it_is (self->build))
    return domuimg_fail (error, self->first->code,
                         "no system was found on the disks, and what may hold one cannot be read:"
                         " %s; with --kernel firmware they are taken as they are",
                         self->first->message);
  if (self->n_systems == 0)
    g_ptr_array_add (
        self->build->warnings,
        g_strdup_printf ("no system that is known was found on the disks%s%s; nothing is changed in"
                         " them",
                         self->first != NULL ? ": " : "",
                         self->first != NULL ? self->first->message : ""));
  return TRUE;
}

/* Changes to a filesystem whose journal is not replayed would be lost, or break it. */
static gboolean
check_clean (DomuimgBuildMount *mount, GError **error)
{
  g_autoptr (DomuimgExtState) state = NULL;
  g_autoptr (GError) local = NULL;

  state = domuimg_image_get_ext_state (mount->image, mount->volume, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (state == NULL || (state->clean && !state->has_errors))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: the filesystem of %s was not left cleanly%s; start the system on the old"
                       " machine and shut it down, or run e2fsck on it there",
                       domuimg_image_get_path (mount->image), mount->name,
                       state->has_errors ? " and has errors" : "");
}

static gboolean
open_mount (DomuimgBuildMount *mount, GError **error)
{
  if (!check_clean (mount, error))
    return FALSE;
  mount->tree = domuimg_image_open_tree (mount->image, mount->volume, TRUE, error);
  return mount->tree != NULL;
}

/* What of the guest's other filesystems holds what may have to be changed. */
static gboolean
mount_others (DomuimgBuildState *self, GError **error)
{
  static const char *const points[] = { "/boot", "/usr" };

  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      const DomuimgDevice *volume
          = domuimg_conversion_find_mounted (self->conversion, self->tree, points[i]);
      g_autoptr (DomuimgTree) below = NULL;
      DomuimgBuildMount *mount;

      if (volume == NULL || volume == self->conversion->root)
        continue;
      mount = domuimg_build_add_mount (self, get_image (self, volume->disk), volume->volume,
                                       volume->name, NULL);
      if (!open_mount (mount, error))
        return FALSE;
      below = g_steal_pointer (&self->tree);
      self->tree = domuimg_tree_mount_new (below, points[i] + 1, mount->tree);
      if (i == 0)
        self->boot_tree = mount->tree;
    }
  return TRUE;
}

static void
add_volumes (DomuimgBuildState *self)
{
  const DomuimgBuildMount *root = g_ptr_array_index (self->mounts, 0);

  for (guint i = 0; i < self->transfer->disks->len; i++)
    {
      GPtrArray *volumes = domuimg_image_list_volumes (get_image (self, i), NULL);

      for (guint j = 0; j < volumes->len; j++)
        {
          const DomuimgVolume *from = g_ptr_array_index (volumes, j);
          g_autofree char *name = name_of (self, i, from);
          DomuimgDevice *volume
              = domuimg_conversion_add_volume (self->conversion, name, i, from);

          if (from == root->volume)
            self->conversion->root = volume;
        }
    }
}

static gboolean
open_system (DomuimgBuildState *self, GError **error)
{
  DomuimgBuildMount *root = g_ptr_array_index (self->mounts, 0);

  self->root_fs = g_strdup (root->volume->fs);
  self->root_uuid = g_strdup (root->volume->uuid);
  add_volumes (self);
  if (!open_mount (root, error))
    return FALSE;
  self->tree = g_object_ref (root->tree);
  return mount_others (self, error);
}

/* Under the names that they will have, for the check. */
static gboolean
open_disks (DomuimgBuildState *self, GError **error)
{
  guint converted = domuimg_plan_count_converted (self->plan);

  for (guint i = 0; i < converted; i++)
    domuimg_build_get_disk (self, i)->image
        = domuimg_image_new_named (get_image (self, i), domuimg_plan_get_disk (self->plan, i)->path);
  for (guint i = converted; !self->is_rehearsal && i < self->disks->len; i++)
    if (!domuimg_build_open_disk (self, i, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_build_step_find (DomuimgBuildState *self, DomuimgProgress *progress,
                         GCancellable *cancellable, GError **error)
{
  Search search = { self, g_string_new (NULL), 0, FALSE, NULL, NULL };
  gboolean ok;

  domuimg_progress_set_message (progress, "Looking at the system");
  ok = take_keys (&search, error);
  for (guint i = 0; ok && i < self->transfer->disks->len; i++)
    ok = search_disk (&search, i, error);
  ok = ok && decide (&search, error);
  if (ok)
    tell_unused_keys (&search);
  g_ptr_array_unref (search.keys);
  g_string_free (search.names, TRUE);
  g_clear_error (&search.first);
  if (!ok || !open_disks (self, error))
    return FALSE;
  self->conversion = domuimg_conversion_new ();
  if (self->mounts->len == 0 || self->system != DOMUIMG_SYSTEM_LINUX)
    return TRUE;
  return open_system (self, error);
}
