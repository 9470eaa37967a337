/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel that a guest starts with, copied out of it again after an upgrade. */
#include "config.h"
#include "domuimg/kernel-update.h"

#include <string.h>

#include "lib/base/undo.h"
#include "lib/build/copy-out.h"
#include "lib/base/json.h"
#include "lib/base/copy-file.h"
#include "lib/base/lease.h"
#include "lib/base/properties.h"
#include "lib/guest/kernels.h"
#include "lib/guest/manifest-find.h"
#include "lib/image/image.h"
#include "lib/import/chain/follow.h"
#include "lib/guest/root.h"
#include "lib/tree/faults.h"

/**
 * DomuimgKernelUpdate:
 *
 * A guest's own kernel and initramfs, copied out again beside its image after
 * the guest has installed or rebuilt them.
 *
 * Since: 0.1
 */
struct _DomuimgKernelUpdate {
  GObject parent_instance;

  char *name;
  char *manifest_path;
  DomuimgManifest *manifest;
  char *old_version;
  char *new_version;
  char *reason;
  gboolean needed;
  gboolean dry_run;
  DomuimgUndo *undo; /* (nullable) nothing is written */
};

G_DEFINE_FINAL_TYPE (DomuimgKernelUpdate, domuimg_kernel_update, G_TYPE_OBJECT)

static void
domuimg_kernel_update_finalize (GObject *object)
{
  DomuimgKernelUpdate *self = DOMUIMG_KERNEL_UPDATE (object);

  g_free (self->name);
  g_free (self->manifest_path);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_clear_pointer (&self->undo, domuimg_undo_free);
  g_free (self->old_version);
  g_free (self->new_version);
  g_free (self->reason);
  G_OBJECT_CLASS (domuimg_kernel_update_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "old-version", G_CALLBACK (domuimg_kernel_update_get_old_version),
    "the version of the kernel before" },
  { DOMUIMG_PROPERTY_STRING, "new-version", G_CALLBACK (domuimg_kernel_update_get_new_version),
    "the version of the kernel now" },
};

static void
domuimg_kernel_update_class_init (DomuimgKernelUpdateClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_kernel_update_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_kernel_update_init (DomuimgKernelUpdate *self)
{
}

/* An update that was killed among its renames is finished first, and no other begins at the same
 * time. What the manifest says is what is replaced, so it is read again when nobody else changes it. */
static gboolean
begin (DomuimgKernelUpdate *self, GError **error)
{
  const char *const names[] = { self->manifest_path, NULL };
  g_auto (GStrv) recovered = NULL;

  if (self->dry_run)
    return TRUE;
  recovered = domuimg_undo_recover (FALSE, error);
  if (recovered == NULL)
    return FALSE;
  self->undo = domuimg_undo_new (error);
  if (self->undo == NULL || !domuimg_undo_lock (self->undo, names, error))
    return FALSE;
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  self->manifest = domuimg_manifest_read (self->manifest_path, error);
  return self->manifest != NULL;
}

static gboolean
find_manifest (DomuimgKernelUpdate *self, const char *what, const char *dir, GError **error)
{
  self->manifest = domuimg_manifest_find_guest (what, dir, &self->manifest_path, error);
  if (self->manifest == NULL)
    return FALSE;
  self->name = g_strdup (self->manifest->name);
  return TRUE;
}

/* (nullable) The disk that holds the root. */
static const DomuimgManifestDisk *
disk_of (DomuimgKernelUpdate *self)
{
  GPtrArray *disks = self->manifest->disks;

  return disks->len > 0 ? g_ptr_array_index (disks, 0) : NULL;
}

static gboolean
check_origin (DomuimgKernelUpdate *self, GError **error)
{
  const DomuimgManifestKernel *kernel = &self->manifest->kernel;

  if (kernel->loader != NULL && !g_str_equal (kernel->loader, "direct"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s has no kernel outside: %s starts it from the guest's disk, by the menu"
                         " there, so there is nothing to update",
                         self->name, kernel->loader);
  if (g_strcmp0 (kernel->from, "guest") == 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s starts with %s, which the guest's upgrades do not change; to have its own"
                       " kernel copied out, make it with --kernel extract",
                       self->name,
                       g_strcmp0 (kernel->from, "host") == 0 ? "the host's kernel"
                                                             : "a kernel file that was given");
}

static gboolean
check_manifest (DomuimgKernelUpdate *self, GError **error)
{
  const DomuimgManifestDisk *disk = disk_of (self);

  if (self->manifest->kernel.from == NULL || disk == NULL || disk->path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "the manifest %s is damaged: it does not say where the %s is from",
                         self->manifest_path,
                         self->manifest->kernel.from == NULL ? "kernel" : "disk");
  if (!check_origin (self, error))
    return FALSE;
  if (self->manifest->kernel.path == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s does not say where the kernel is",
                         self->manifest_path);
  self->old_version = g_strdup (self->manifest->kernel.version);
  return TRUE;
}

/* A mounted filesystem has its journal open; so has one whose guest did not shut down, and then
 * what is read of it may be old. */
static gboolean
check_at_rest (DomuimgKernelUpdate *self, const char *path, const DomuimgExtState *state,
               GError **error)
{
  if (domuimg_file_is_busy (path) || state->needs_recovery)
    return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                         "%s: the guest %s is running, or did not shut down; shut it down first",
                         path, self->name);
  return TRUE;
}

static DomuimgVolume *
find_root (DomuimgImage *image, const char *uuid, GError **error)
{
  GPtrArray *volumes = domuimg_image_list_volumes (image, error);

  if (volumes == NULL)
    return NULL;
  for (guint i = 0; i < volumes->len; i++)
    {
      DomuimgVolume *volume = g_ptr_array_index (volumes, i);

      if (volume->uuid != NULL && g_strcmp0 (volume->uuid, uuid) == 0)
        return volume;
    }
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                "%s holds no filesystem with the UUID %s, which the manifest gives the root",
                domuimg_image_get_path (image), uuid != NULL ? uuid : "(none)");
  return NULL;
}

static gboolean
is_current (DomuimgKernelUpdate *self, DomuimgTree *tree, const DomuimgKernelChoice *choice,
            gboolean *current, GError **error)
{
  g_autoptr (GError) local = NULL;

  *current = domuimg_copy_is_current (tree, choice->vmlinuz, self->manifest->kernel.path, &local)
             && (choice->initrd == NULL
                 || domuimg_copy_is_current (tree, choice->initrd, self->manifest->kernel.ramdisk, &local));
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static char *
new_manifest (DomuimgKernelUpdate *self)
{
  DomuimgManifestKernel *kernel = &self->manifest->kernel;

  g_free (kernel->version);
  kernel->version = g_strdup (self->new_version);
  g_free (kernel->reason);
  kernel->reason = g_strdup (self->reason);
  return domuimg_manifest_write (self->manifest);
}

static gboolean
replace (DomuimgKernelUpdate *self, DomuimgTree *tree, const DomuimgKernelChoice *choice,
         GCancellable *cancellable, GError **error)
{
  DomuimgUndo *undo = self->undo;
  g_autofree char *manifest_text = new_manifest (self);
  g_autofree char *kernel = NULL;
  g_autofree char *ramdisk = NULL;
  g_autofree char *manifest = NULL;

  kernel = domuimg_undo_add_result (undo, self->manifest->kernel.path, TRUE, error);
  if (kernel == NULL || !domuimg_copy_out (tree, choice->vmlinuz, kernel, self->manifest->kernel.path,
                                            cancellable, error))
    return FALSE;
  if (choice->initrd != NULL)
    {
      ramdisk = domuimg_undo_add_result (undo, self->manifest->kernel.ramdisk, TRUE, error);
      if (ramdisk == NULL || !domuimg_copy_out (tree, choice->initrd, ramdisk, self->manifest->kernel.ramdisk,
                                                 cancellable, error))
        return FALSE;
    }
  manifest = domuimg_undo_add_result (undo, self->manifest_path, TRUE, error);
  if (manifest == NULL)
    return FALSE;
  return domuimg_write_text (manifest, self->manifest_path, manifest_text, error)
         && !g_cancellable_set_error_if_cancelled (cancellable, error)
         && domuimg_undo_commit (undo, error);
}

static gboolean
update_from (DomuimgKernelUpdate *self, DomuimgTree *tree, const char *fs, GCancellable *cancellable,
             GError **error)
{
  g_autoptr (GPtrArray) choices = domuimg_guest_list_kernels (tree, error);
  DomuimgKernelTarget target = { self->manifest->type, domuimg_xen_version_of_host (NULL) };
  g_autoptr (DomuimgKernelChoice) choice = NULL;
  gboolean current;

  if (choices != NULL)
    choice = domuimg_kernel_select_from (tree, choices, &target, fs, NULL, error);
  if (choice == NULL)
    {
      g_prefix_error (error, "the guest: ");
      return FALSE;
    }
  if ((choice->initrd != NULL) != (self->manifest->kernel.ramdisk != NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "the kernel %s %s an initramfs, and the configuration of %s is for one"
                         " that %s; make the guest's configuration again",
                         choice->version, choice->initrd != NULL ? "has" : "has no", self->name,
                         choice->initrd != NULL ? "has none" : "has one");
  self->new_version = g_strdup (choice->version);
  self->reason = g_strdup (choice->reason);
  if (!is_current (self, tree, choice, &current, error))
    return FALSE;
  self->needed = !current;
  return current || self->dry_run || replace (self, tree, choice, cancellable, error);
}

static gboolean
update (DomuimgKernelUpdate *self, GCancellable *cancellable, GError **error)
{
  const DomuimgManifestDisk *disk = disk_of (self);
  g_autoptr (DomuimgImage) image = domuimg_image_open (disk->path, disk->format, error);
  DomuimgVolume *root
      = image != NULL && domuimg_image_follow (image, disk->backing, FALSE, error)
            ? find_root (image, disk->uuid, error)
            : NULL;
  g_autoptr (DomuimgExtState) state = NULL;
  g_autoptr (GError) local = NULL;
  DomuimgGuestRoot found;
  DomuimgTree *tree;
  gboolean ok;

  if (root == NULL)
    return FALSE;
  state = domuimg_image_get_ext_state (image, root, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (state != NULL && !check_at_rest (self, disk->path, state, error))
    return FALSE;
  tree = domuimg_image_open_tree (image, root, FALSE, error);
  if (tree == NULL)
    return FALSE;
  found = (DomuimgGuestRoot){ image, root, g_object_ref (tree) };
  ok = domuimg_guest_root_mount_boot (&found, error)
       && update_from (self, found.tree, root->fs, cancellable, error)
       && domuimg_tree_check_faults (found.tree, error);
  g_object_unref (found.tree);
  return domuimg_image_close_tree (image, tree, ok ? error : NULL) && ok;
}

/**
 * domuimg_kernel_update_run:
 * @name: the guest: its name, or the path of its configuration or manifest, as
 *   domuimg_domain_find_config() takes them; with @dir its name
 * @dir: (nullable) (type filename): the directory that it was made in; %NULL
 *   where @name tells, or the manifest is in `/var/lib/xen/images`
 * @dry_run: only say what would be done
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Copies the kernel and the initramfs of the guest out again, chosen by the
 * same rules as when the guest was made, and replaces both and the manifest
 * together; nothing is written if they are as they were. The guest must be
 * shut down: an image whose filesystem is in use is refused, as far as that
 * can be seen from here.
 *
 * Returns: (transfer full): what was done. %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND without a manifest or an image,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT for a damaged one,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for a guest that does not start by its own
 *   kernel copied out, %DOMUIMG_ERROR_BUSY if it runs,
 *   %DOMUIMG_ERROR_NOT_BOOTABLE if none of its kernels would boot,
 *   %DOMUIMG_ERROR_NO_SPACE, %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO;
 *   then the old files are as they were
 *
 * Since: 0.1
 */
DomuimgKernelUpdate *
domuimg_kernel_update_run (const char *name, const char *dir, gboolean dry_run,
                           GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgKernelUpdate) self = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  self = g_object_new (DOMUIMG_TYPE_KERNEL_UPDATE, NULL);
  self->dry_run = dry_run;
  if (!find_manifest (self, name, dir, error) || !begin (self, error) || !check_manifest (self, error)
      || !update (self, cancellable, error))
    return NULL;
  g_clear_pointer (&self->undo, domuimg_undo_free);
  return g_steal_pointer (&self);
}

/**
 * domuimg_kernel_update_is_needed:
 * @self: an update
 *
 * Returns: whether the kernel or its initramfs had changed in the guest
 *
 * Since: 0.1
 */
gboolean
domuimg_kernel_update_is_needed (DomuimgKernelUpdate *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL_UPDATE (self), FALSE);
  return self->needed;
}

/**
 * domuimg_kernel_update_get_old_version:
 * @self: an update
 *
 * Returns: (transfer none) (nullable): the version of the kernel before
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_update_get_old_version (DomuimgKernelUpdate *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL_UPDATE (self), NULL);
  return self->old_version;
}

/**
 * domuimg_kernel_update_get_new_version:
 * @self: an update
 *
 * Returns: (transfer none): the version of the kernel that was chosen
 *
 * Since: 0.1
 */
const char *
domuimg_kernel_update_get_new_version (DomuimgKernelUpdate *self)
{
  g_return_val_if_fail (DOMUIMG_IS_KERNEL_UPDATE (self), NULL);
  return self->new_version;
}

/**
 * domuimg_kernel_update_to_text:
 * @self: an update
 *
 * Returns: (transfer full): what was done, for a person
 *
 * Since: 0.1
 */
char *
domuimg_kernel_update_to_text (DomuimgKernelUpdate *self)
{
  const char *verb;

  g_return_val_if_fail (DOMUIMG_IS_KERNEL_UPDATE (self), NULL);

  if (!self->needed)
    return g_strdup_printf ("%s is already up to date: Linux %s\n", self->name, self->new_version);
  verb = self->dry_run ? "would copy" : "copied";
  if (g_strcmp0 (self->old_version, self->new_version) == 0)
    return g_strdup_printf ("%s: %s Linux %s again, which has changed\n%s\n", self->name, verb,
                            self->new_version, self->reason);
  return g_strdup_printf ("%s: %s Linux %s in place of %s\n%s\n", self->name, verb,
                          self->new_version,
                          self->old_version != NULL ? self->old_version : "an unknown one",
                          self->reason);
}

/**
 * domuimg_kernel_update_to_json:
 * @self: an update
 *
 * Returns: (transfer full): a JSON object with the members `name`, `needed` and
 *   `done` (booleans), `old_version`, `new_version`, `kernel`, `ramdisk` (paths)
 *   and `reason`
 *
 * Since: 0.1
 */
char *
domuimg_kernel_update_to_json (DomuimgKernelUpdate *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (DOMUIMG_IS_KERNEL_UPDATE (self), NULL);

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "name", self->name);
  json_builder_set_member_name (builder, "needed");
  json_builder_add_boolean_value (builder, self->needed);
  json_builder_set_member_name (builder, "done");
  json_builder_add_boolean_value (builder, self->needed && !self->dry_run);
  domuimg_json_add_string (builder, "old_version", self->old_version);
  domuimg_json_add_string (builder, "new_version", self->new_version);
  domuimg_json_add_string (builder, "kernel", self->manifest->kernel.path);
  domuimg_json_add_string (builder, "ramdisk", self->manifest->kernel.ramdisk);
  domuimg_json_add_string (builder, "reason", self->reason);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
