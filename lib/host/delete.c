/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest ended, and its files removed: those that its manifest names. */
#include "config.h"
#include "lib/host/guest.h"

#include <string.h>
#include <sys/stat.h>

#include "domuimg/domain-config.h"
#include "lib/base/undo.h"
#include "lib/guest/manifest-find.h"
#include "lib/host/backend.h"
#include "lib/host/doctor.h"

/* @manifest is NULL without an error where it is not @needed and there is none. */
static gboolean
find_manifest (const char *config, const char *images, gboolean needed, DomuimgManifest **manifest,
               char **path, GError **error)
{
  if (!domuimg_manifest_find_for (config, images, manifest, path, error))
    return FALSE;
  if (*manifest == NULL && needed)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: there is no manifest of it, so which disks were made for it is"
                         " not known; nothing is removed",
                         config);
  return TRUE;
}

/* Only files go: a volume or a device is not ours to remove. */
static gboolean
remove_file (DomuimgUndo *undo, GStrvBuilder *lines, const char *path, GError **error)
{
  g_autofree char *line = NULL;
  struct stat status;

  if (path == NULL || lstat (path, &status) != 0)
    return TRUE;
  if (!S_ISREG (status.st_mode) && !S_ISLNK (status.st_mode))
    line = g_strdup_printf ("%s stays: it is not a file", path);
  else if (!domuimg_undo_add_removal (undo, path, error))
    return FALSE;
  else
    line = g_strdup_printf ("removed %s", path);
  g_strv_builder_add (lines, line);
  return TRUE;
}

static gboolean
remove_made (DomuimgUndo *undo, GStrvBuilder *lines, const DomuimgManifest *manifest,
             gboolean disks, GError **error)
{
  if (!remove_file (undo, lines, manifest->xml, error))
    return FALSE;
  /* A disk that is left needs its kernel: the guest would not start without. */
  if (!disks)
    return TRUE;
  if (!remove_file (undo, lines, manifest->kernel.path, error)
      || !remove_file (undo, lines, manifest->kernel.ramdisk, error))
    return FALSE;
  for (guint i = 0; i < manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (manifest->disks, i);

      if (!remove_file (undo, lines, disk->path, error))
        return FALSE;
    }
  return TRUE;
}

char **
domuimg_host_delete_files (const char *config, const char *images, gboolean disks,
                           const char *autostart, GError **error)
{
  g_autoptr (DomuimgUndo) undo = domuimg_undo_new (error);
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  g_autofree char *path = NULL;
  g_autoptr (DomuimgManifest) manifest = NULL;

  if (undo == NULL || !find_manifest (config, images, disks, &manifest, &path, error))
    return NULL;
  if (!remove_file (undo, lines, autostart, error) || !remove_file (undo, lines, config, error)
      || (manifest != NULL && !remove_made (undo, lines, manifest, disks, error))
      /* While disks remain, the manifest says what they are of. */
      || (disks && !remove_file (undo, lines, path, error)) || !domuimg_undo_commit (undo, error))
    return NULL;
  return g_strv_builder_end (lines);
}

static gboolean
end_guest (DomuimgBackend backend, const char *connect, const char *name, guint timeout,
           GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgDoctor) host = domuimg_doctor_new ();
  g_autoptr (DomuimgExec) exec = NULL;

  /* Where no Xen is, nothing runs. */
  if (backend == DOMUIMG_BACKEND_LIBXL && !domuimg_doctor_get_is_xen (host))
    return TRUE;
  exec = domuimg_backend_start (backend, connect, "end", error);
  if (exec == NULL)
    return FALSE;
  domuimg_exec_arg (exec, name);
  domuimg_exec_argf (exec, "--timeout=%u", timeout);
  return domuimg_exec_run (exec, cancellable, error);
}

/**
 * domuimg_host_delete_guest:
 * @name: the name of a guest, or the path of its configuration
 * @backend: what it may run by
 * @connect: (nullable): libvirt's URI; %NULL for `xen:///system`
 * @disks: whether to remove its disks, too
 * @timeout: for how many seconds it may shut down by itself before it is ended by force
 * @cancellable: (nullable): to stop it before anything is removed
 * @error: return location for an error: %DOMUIMG_ERROR_NOT_FOUND where there is no such guest, or
 *   with @disks no manifest that says which disks were made for it; %DOMUIMG_ERROR_CORRUPT_INPUT
 *   where its manifest is damaged; %DOMUIMG_ERROR_TOOL_FAILED
 *
 * Ends a guest, by a shutdown, and after @timeout by force; makes libvirt forget it; and removes
 * its configuration, its link in `/etc/xen/auto`, and the XML that was made with it. With @disks
 * those go, too, that the manifest names as made with it, the kernel and initramfs that were copied
 * out, and the manifest. The files go in one transaction: all of them or none. Disks that are no
 * files, such as logical volumes, stay.
 *
 * Returns: (transfer full): what was done, a line each, or %NULL
 *
 * Since: 0.1
 */
char **
domuimg_host_delete_guest (const char *name, DomuimgBackend backend, const char *connect,
                           gboolean disks, guint timeout, GCancellable *cancellable,
                           GError **error)
{
  g_autofree char *config = NULL;
  g_autofree char *link = NULL;
  g_autofree char *path = NULL;
  g_autoptr (DomuimgManifest) manifest = NULL;
  g_autoptr (DomuimgDomain) domain = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  config = domuimg_domain_find_config (name, error);
  if (config == NULL || (domain = domuimg_domain_new_from_file (config, error)) == NULL)
    return NULL;
  /* Before the guest is ended for nothing. */
  if (!find_manifest (config, DOMUIMG_IMAGE_DIRECTORY, disks, &manifest, &path, error)
      || !end_guest (backend, connect, domuimg_domain_get_name (domain), timeout, cancellable,
                     error))
    return NULL;
  link = domuimg_autostart_find (DOMUIMG_CONFIG_DIR, config);
  return domuimg_host_delete_files (config, DOMUIMG_IMAGE_DIRECTORY, disks, link, error);
}
