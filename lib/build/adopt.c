/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the manifest of a guest that was made elsewhere, so that what goes by manifests knows it. */
#include "config.h"
#include "domuimg/adopt.h"

#include <stdlib.h>
#include <string.h>

#include "domuimg/domain-config.h"
#include "lib/base/async.h"
#include "lib/build/copy-out.h"
#include "lib/domain/config/file.h"
#include "lib/guest/kernels.h"
#include "lib/guest/known.h"
#include "lib/guest/manifest-find.h"
#include "lib/guest/root.h"

static gboolean
is_device (const char *path)
{
  return g_str_has_prefix (path, "/dev/");
}

/* Its size, and what its filesystem is where it is one; @disk has a path. */
static gboolean
describe_content (DomuimgManifestDisk *disk, GError **error)
{
  g_autoptr (DomuimgImage) image = domuimg_image_open (disk->path, NULL, error);
  GPtrArray *volumes;

  if (image == NULL)
    return FALSE;
  disk->size = (gint64) domuimg_image_get_size (image);
  volumes = domuimg_image_refers_on (image) ? NULL : domuimg_image_list_partitions (image, NULL);
  if (volumes != NULL && volumes->len == 1)
    {
      const DomuimgVolume *volume = g_ptr_array_index (volumes, 0);

      disk->fs = g_strdup (volume->fs);
      disk->uuid = g_strdup (volume->uuid);
    }
  return TRUE;
}

static gboolean
add_disk (DomuimgManifest *manifest, DomuimgDomainDisk *from, GError **error)
{
  const char *target = domuimg_domain_disk_get_target (from);
  DomuimgManifestDisk *disk;

  /* A medium is not the guest's own, nor is what it may not write: others may have it, too. */
  if (domuimg_domain_disk_get_cdrom (from) || domuimg_domain_disk_get_readonly (from) || target == NULL
      || *target != '/')
    return TRUE;
  disk = domuimg_manifest_add_disk (manifest);
  disk->path = g_strdup (target);
  disk->kind = g_strdup (is_device (target) ? "device" : "file");
  disk->format = g_strdup (domuimg_domain_disk_get_format (from) ?: "raw");
  disk->vdev = g_strdup (domuimg_domain_disk_get_vdev (from));
  return describe_content (disk, error);
}

static void
add_nic (DomuimgManifest *manifest, DomuimgDomainNic *from)
{
  DomuimgManifestNic *nic = domuimg_manifest_add_nic (manifest);

  nic->mac = g_strdup (domuimg_domain_nic_get_mac (from));
  nic->bridge = g_strdup (domuimg_domain_nic_get_bridge (from));
  nic->address = g_strdup (domuimg_domain_nic_get_ip (from));
}

/* Whether @file, and not only a link to it, is in the directory that has the name @other. */
static gboolean
lies_beside (const char *file, const char *other)
{
  g_autofree char *real = realpath (file, NULL);
  g_autofree char *theirs = g_path_get_dirname (other);
  g_autofree char *directory = realpath (theirs, NULL);
  g_autofree char *ours = real != NULL ? g_path_get_dirname (real) : NULL;

  return ours != NULL && g_strcmp0 (ours, directory) == 0;
}

/* Whether @kernel and its ramdisk have the bytes of what the guest has as @choice: *@is. FALSE on an error. */
static gboolean
compare (const DomuimgManifestKernel *kernel, DomuimgTree *tree, const DomuimgKernelChoice *choice,
         gboolean *is, GError **error)
{
  g_autoptr (GError) local = NULL;

  *is = domuimg_copy_is_current (tree, choice->vmlinuz, kernel->path, &local)
        && (kernel->ramdisk == NULL
            || (choice->initrd != NULL
                && domuimg_copy_is_current (tree, choice->initrd, kernel->ramdisk, &local)));
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* Whether the file was copied out for this guest, by where it is: one of the host's is elsewhere. */
static gboolean
is_at_guest (const DomuimgManifest *manifest, const DomuimgManifestDisk *disk, const char *file)
{
  return file == NULL || lies_beside (file, manifest->config) || lies_beside (file, disk->path);
}

/* Whether the kernel is a copy of one of the guest's, and lies where such a copy does: *@found. FALSE on an
 * error. */
static gboolean
is_of_guest (const DomuimgManifest *manifest, gboolean *found, GError **error)
{
  const DomuimgManifestDisk *disk
      = manifest->disks->len > 0 ? g_ptr_array_index (manifest->disks, 0) : NULL;
  const DomuimgManifestKernel *kernel = &manifest->kernel;
  gboolean is_read = TRUE;
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgGuestRoot) root = NULL;
  g_autoptr (GPtrArray) choices = NULL;

  *found = FALSE;
  if (disk == NULL || !is_at_guest (manifest, disk, kernel->path)
      || !is_at_guest (manifest, disk, kernel->ramdisk))
    return TRUE;
  root = domuimg_guest_root_open (disk->path, &local);
  if (root == NULL && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  if (root == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  choices = domuimg_guest_list_kernels (root->tree, error);
  for (guint i = 0; choices != NULL && is_read && !*found && i < choices->len; i++)
    is_read = compare (kernel, root->tree, g_ptr_array_index (choices, i), found, error);
  return choices != NULL && is_read;
}

/* One that the host has for all of its guests stays the host's. */
static gboolean
set_kernel (DomuimgManifest *manifest, DomuimgDomain *domain, GError **error)
{
  const char *path = domuimg_domain_get_kernel (domain);
  const char *bootloader = domuimg_domain_get_bootloader (domain);
  DomuimgManifestKernel *kernel = &manifest->kernel;
  g_autoptr (DomuimgKernel) read = NULL;
  gboolean own = FALSE;

  kernel->policy = g_strdup (DOMUIMG_MANIFEST_ADOPTED);
  kernel->loader_path = g_strdup (bootloader);
  kernel->loader = g_strdup (bootloader != NULL ? "pygrub" : path != NULL ? "direct" : "firmware");
  kernel->from = g_strdup ("guest");
  if (path == NULL || bootloader != NULL)
    return TRUE;
  read = domuimg_kernel_new_for_file (path, error);
  if (read == NULL)
    return FALSE;
  kernel->version = g_strdup (domuimg_kernel_get_version (read));
  kernel->path = g_strdup (path);
  kernel->ramdisk = g_strdup (domuimg_domain_get_ramdisk (domain));
  if (!is_of_guest (manifest, &own, error))
    return FALSE;
  g_free (kernel->from);
  kernel->from = g_strdup (own ? "guest" : "file");
  return TRUE;
}

static DomuimgManifest *
describe (DomuimgDomain *domain, const char *config, const char *path, GError **error)
{
  g_autoptr (DomuimgManifest) manifest = domuimg_manifest_new ();
  GPtrArray *disks = domuimg_domain_get_disks (domain);
  GPtrArray *nics = domuimg_domain_get_nics (domain);

  manifest->domuimg = g_strdup (DOMUIMG_VERSION_STRING);
  manifest->name = g_strdup (domuimg_domain_get_name (domain));
  manifest->uuid = g_strdup (domuimg_domain_get_uuid (domain));
  manifest->type = domuimg_domain_get_guest_type (domain);
  manifest->memory = domuimg_domain_get_memory (domain);
  manifest->maxmem = domuimg_domain_get_maxmem (domain);
  manifest->vcpus = domuimg_domain_get_vcpus (domain);
  manifest->source = g_strdup (DOMUIMG_MANIFEST_ADOPTED);
  manifest->config = g_strdup (config);
  manifest->manifest = g_strdup (path);
  for (guint i = 0; i < disks->len; i++)
    if (!add_disk (manifest, g_ptr_array_index (disks, i), error))
      return NULL;
  for (guint i = 0; i < nics->len; i++)
    add_nic (manifest, g_ptr_array_index (nics, i));
  return set_kernel (manifest, domain, error) ? g_steal_pointer (&manifest) : NULL;
}

/* Beside the configuration, but for those of the host, where manifests are with the images. */
static char *
place (const char *config)
{
  g_autofree char *directory = g_path_get_dirname (config);
  g_autofree char *name = g_path_get_basename (config);

  if (g_str_has_suffix (name, ".cfg"))
    name[strlen (name) - strlen (".cfg")] = '\0';
  return g_strdup_printf ("%s/%s.json",
                          g_str_equal (directory, DOMUIMG_CONFIG_DIRECTORY) ? DOMUIMG_IMAGE_DIRECTORY
                                                                            : directory,
                          name);
}

/* (transfer full) The text of the manifest, whose place *@path is. */
static char *
compose (const char *what, char **path, GCancellable *cancellable, GError **error)
{
  g_autofree char *found = domuimg_domain_find_config (what, error);
  g_autofree char *config = found != NULL ? g_canonicalize_filename (found, NULL) : NULL;
  g_autoptr (DomuimgDomain) domain = NULL;
  g_autoptr (DomuimgManifest) manifest = NULL;
  DomuimgConfigFormat format;
  struct stat status;
  g_autofree char *text = config != NULL ? domuimg_config_read (config, &status, error) : NULL;

  if (text == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  if (!domuimg_config_guess_format (text, config, &format, error))
    return NULL;
  if (format != DOMUIMG_CONFIG_FORMAT_XL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "%s is not an xl.cfg, which a guest of domuimg has; domuimg config convert writes"
                    " one of it",
                    config);
      return NULL;
    }
  domain = domuimg_domain_new_from_file (config, error);
  *path = place (config);
  manifest = domain != NULL ? describe (domain, config, *path, error) : NULL;
  return manifest != NULL ? domuimg_manifest_write (manifest) : NULL;
}

/**
 * domuimg_adopt_plan:
 * @what: (type filename): the path of an xl.cfg, or the name of a guest, as
 *   domuimg_domain_find_config() takes it
 * @cancellable: (nullable): to stop it
 * @error: return location: as of domuimg_adopt()
 *
 * What domuimg_adopt() would write, without writing it.
 *
 * Returns: (transfer full): the manifest, an object in JSON: its own path is "manifest", sizes are in
 *   bytes and memory in MiB; or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_adopt_plan (const char *what, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (what != NULL, NULL);
  return compose (what, &path, cancellable, error);
}

/**
 * domuimg_adopt:
 * @what: (type filename): the path of an xl.cfg, or the name of a guest, as
 *   domuimg_domain_find_config() takes it
 * @replace: whether a manifest that is there may be replaced
 * @cancellable: (nullable): to stop it
 * @error: return location: %DOMUIMG_ERROR_NOT_FOUND without a configuration, or where a disk or the
 *   kernel that it names is not there, %DOMUIMG_ERROR_EXISTS where the guest has a manifest,
 *   %DOMUIMG_ERROR_NOT_SUPPORTED for libvirt's XML and files of xm, %DOMUIMG_ERROR_CORRUPT_INPUT,
 *   %DOMUIMG_ERROR_PERMISSION, %DOMUIMG_ERROR_IO
 *
 * Writes a manifest for a guest that was made elsewhere, by its configuration and disks, so that
 * domuimg_kernel_update_run(), domuimg_host_delete() and others know what is its own. Nothing of the
 * guest is changed. The kernel and its ramdisk count as the guest's where the guest has the same files,
 * and they lie beside the configuration or the first disk, as a copy would.
 *
 * |[<!-- language="C" -->
 * g_autofree char *manifest = domuimg_adopt ("/etc/xen/web1.cfg", FALSE, NULL, &error);
 * ]|
 *
 * Returns: (transfer full) (type filename): the path of the manifest: beside the configuration, or of
 *   one in `/etc/xen` in `/var/lib/xen/images`; %NULL on error
 *
 * Since: 0.1
 */
char *
domuimg_adopt (const char *what, gboolean replace, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (what != NULL, NULL);
  text = compose (what, &path, cancellable, error);
  if (text != NULL)
    domuimg_known_add (path);
  if (text == NULL || !domuimg_config_replace (path, text, 0644, replace, error))
    return NULL;
  return g_steal_pointer (&path);
}

typedef struct {
  char *what;
  gboolean replace;
} Arguments;

static void
arguments_free (gpointer data)
{
  g_free (((Arguments *) data)->what);
  g_free (data);
}

static gpointer
adopt (gpointer self, gpointer data, DomuimgProgress *progress, GCancellable *cancellable,
       GError **error)
{
  const Arguments *arguments = data;

  return domuimg_adopt (arguments->what, arguments->replace, cancellable, error);
}

/**
 * domuimg_adopt_async:
 * @what: (type filename): a guest, as of domuimg_adopt()
 * @replace: likewise
 * @cancellable: (nullable): to stop it
 * @callback: (scope async) (closure user_data): called when it is over
 * @user_data: for @callback
 *
 * domuimg_adopt() in a thread.
 *
 * Since: 0.1
 */
void
domuimg_adopt_async (const char *what, gboolean replace, GCancellable *cancellable,
                     GAsyncReadyCallback callback, gpointer user_data)
{
  Arguments *arguments = g_new0 (Arguments, 1);

  arguments->what = g_strdup (what);
  arguments->replace = replace;
  domuimg_async_start (NULL, adopt, arguments, arguments_free, g_free, NULL, cancellable, callback,
                       user_data);
}

/**
 * domuimg_adopt_finish:
 * @result: what the callback got
 * @error: return location for an error, as of domuimg_adopt()
 *
 * Returns: (transfer full) (type filename): the path of the manifest, or %NULL
 *
 * Since: 0.1
 */
char *
domuimg_adopt_finish (GAsyncResult *result, GError **error)
{
  return domuimg_async_finish (NULL, result, error);
}
