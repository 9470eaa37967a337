/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest ended, and its files removed: those that its manifest names. */
#include "config.h"
#include "lib/host/guest.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domuimg/domain-config.h"
#include "lib/base/block.h"
#include "lib/base/lease.h"
#include "lib/base/undo.h"
#include "lib/domain/config/file.h"
#include "lib/guest/address-lease.h"
#include "lib/guest/manifest-find.h"
#include "lib/host/backend.h"
#include "lib/repair/base-image.h"
#include "lib/host/delete-pool.h"
#include "lib/host/doctor.h"
#include "lib/image/signature.h"

#define IDLE_POLLS 50
#define IDLE_POLL_USEC (G_USEC_PER_SEC / 10)

/* A guest without a configuration, as a clone of an image alone, is known by its manifest, whose path then is in
 * place of that of the configuration. */
static gboolean
is_manifest (const char *config)
{
  return g_str_has_suffix (config, ".json");
}

static gboolean
read_itself (const char *file, DomuimgManifest **manifest, char **path, GError **error)
{
  *path = g_strdup (file);
  return domuimg_manifest_read_if_any (file, manifest, error);
}

/* @manifest is NULL without an error where it is not @needed and there is none. */
static gboolean
find_manifest (const char *config, const char *images, gboolean needed, DomuimgManifest **manifest,
               char **path, GError **error)
{
  if (is_manifest (config) ? !read_itself (config, manifest, path, error)
                           : !domuimg_manifest_find_for (config, images, manifest, path, error))
    return FALSE;
  if (*manifest == NULL && needed)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: there is no manifest of it, so which disks were made for it is"
                         " not known; nothing is removed",
                         config);
  return TRUE;
}

/* What goes, with a line for each. */
typedef struct {
  GPtrArray *paths;
  GPtrArray *volumes; /* (element-type DomuimgManifestDisk) (unowned) */
  GPtrArray *pool_volumes; /* (element-type DomuimgManifestVolume) (unowned) */
  DomuimgManifest *manifest; /* (nullable) */
  char *manifest_path;       /* (nullable) */
  gboolean is_plan;          /* nothing goes yet */
  gboolean goes_whole;       /* the manifest goes, too */
  GStrvBuilder *lines;
} Removal;

static void
add_removed (Removal *self, const char *what)
{
  domuimg_delete_add_line (self->lines, self->is_plan ? "would remove %s" : "removed %s", what);
}

/* Only files go: a volume is not ours to remove. */
static gboolean
add_file (Removal *self, const char *path, GError **error)
{
  struct stat status;

  if (path == NULL || g_ptr_array_find_with_equal_func (self->paths, path, g_str_equal, NULL))
    return TRUE;
  if (lstat (path, &status) != 0)
    return errno == ENOENT || errno == ENOTDIR
           || domuimg_set_errno (error, errno, "looking at %s, so nothing is removed", path);
  if (!S_ISREG (status.st_mode) && !S_ISLNK (status.st_mode))
    domuimg_delete_add_line (self->lines, "%s stays: it is not a file", path);
  else
    {
      g_ptr_array_add (self->paths, g_strdup (path));
      add_removed (self, path);
    }
  return TRUE;
}

/* The name of a device, which may be a link of udev's, is never removed. */
static gboolean
is_device (const DomuimgManifestDisk *disk)
{
  return disk->path != NULL && domuimg_block_is_place (disk->path);
}

/* A volume is known by its ID: what has its name now may be another one. */
static gboolean
add_volume (Removal *self, const DomuimgManifestDisk *disk, GError **error)
{
  const DomuimgVolumes *volumes = domuimg_volumes_find (disk->kind);
  g_auto (DomuimgVolumeState) state = { 0 };

  if (!volumes->look (disk->path, &state, error))
    return FALSE;
  if (state.id == NULL)
    return TRUE;
  if (g_strcmp0 (state.id, disk->volume) == 0)
    {
      g_ptr_array_add (self->volumes, (gpointer) disk);
      add_removed (self, disk->path);
    }
  else
    domuimg_delete_add_line (self->lines,
                             "%s stays: it is another volume than the one that was made for this guest",
                             disk->path);
  return TRUE;
}

/* What was found with a guest that was made elsewhere may be the host's, or other guests'. */
static void
add_foreign (Removal *self, const char *path)
{
  if (path != NULL)
    domuimg_delete_add_line (self->lines, "%s stays as it is: it was not made for this guest by domuimg", path);
}

static gboolean
add_disk (Removal *self, const DomuimgManifestDisk *disk, GError **error)
{
  if (disk->path != NULL && domuimg_volumes_find (disk->kind) != NULL)
    return add_volume (self, disk, error);
  if (is_device (disk) && domuimg_manifest_is_adopted (self->manifest))
    add_foreign (self, disk->path);
  else if (self->is_plan && is_device (disk))
    domuimg_delete_add_line (self->lines, "%s stays, and its filesystem would be taken from it", disk->path);
  return is_device (disk) || domuimg_manifest_is_elsewhere (self->manifest, disk->path)
         || add_file (self, disk->path, error);
}

static gboolean
add_kernel (Removal *self, const char *path, GError **error)
{
  return domuimg_manifest_is_elsewhere (self->manifest, path) || add_file (self, path, error);
}

static gboolean
add_own_kernel (Removal *self, GError **error)
{
  const DomuimgManifestKernel *kernel = &self->manifest->kernel;

  if (domuimg_manifest_owns_kernel (self->manifest))
    return add_kernel (self, kernel->path, error) && add_kernel (self, kernel->ramdisk, error);
  add_foreign (self, kernel->path);
  add_foreign (self, kernel->ramdisk);
  return TRUE;
}

static gboolean
add_left (Removal *self, const char *path)
{
  struct stat status;

  if (path == NULL || domuimg_manifest_is_elsewhere (self->manifest, path) || lstat (path, &status) != 0)
    return FALSE;
  domuimg_delete_add_line (self->lines, "%s stays", path);
  return TRUE;
}

static gboolean
add_left_disk (Removal *self, const DomuimgManifestDisk *disk)
{
  if (!is_device (disk) || !domuimg_manifest_is_adopted (self->manifest))
    return add_left (self, disk->path);
  add_foreign (self, disk->path);
  return FALSE;
}

/* What was made for the guest and is not asked to go, and the way to have it go later. */
static void
add_all_left (Removal *self)
{
  const DomuimgManifest *manifest = self->manifest;
  gboolean any = self->manifest->volumes->len > 0;
  g_autofree char *path = NULL;

  for (guint i = 0; i < manifest->disks->len; i++)
    any |= add_left_disk (self, g_ptr_array_index (manifest->disks, i));
  if (domuimg_manifest_owns_kernel (manifest))
    {
      any |= add_left (self, manifest->kernel.path);
      any |= add_left (self, manifest->kernel.ramdisk);
    }
  any |= add_left (self, manifest->installer.kernel);
  any |= add_left (self, manifest->installer.ramdisk);
  if (!any)
    return;
  path = g_canonicalize_filename (self->manifest_path, NULL);
  domuimg_delete_add_line (self->lines, "to remove what stays: domuimg delete %s --disks", path);
}

static gboolean
add_documents (Removal *self, GError **error)
{
  for (guint i = 0; i < DOMUIMG_DOCUMENT_N; i++)
    if (!add_file (self, self->manifest->documents[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
add_made (Removal *self, gboolean disks, GError **error)
{
  const DomuimgManifest *manifest = self->manifest;

  if (!add_file (self, manifest->xml, error)
      || !add_file (self, manifest->installer.config, error))
    return FALSE;
  /* A disk that is left needs its kernel: the guest would not start without. */
  if (!disks)
    {
      add_all_left (self);
      return TRUE;
    }
  if (!add_documents (self, error) || !add_own_kernel (self, error)
      || !add_kernel (self, manifest->installer.kernel, error)
      || !add_kernel (self, manifest->installer.ramdisk, error))
    return FALSE;
  for (guint i = 0; i < manifest->volumes->len; i++)
    if (!domuimg_delete_add_pool_volume (self->pool_volumes, g_ptr_array_index (manifest->volumes, i),
                                         self->lines, error))
      return FALSE;
  for (guint i = 0; self->is_plan && i < self->pool_volumes->len; i++)
    add_removed (self, ((const DomuimgManifestVolume *) self->pool_volumes->pdata[i])->address);
  for (guint i = 0; i < manifest->disks->len; i++)
    if (!add_disk (self, g_ptr_array_index (manifest->disks, i), error))
      return FALSE;
  return TRUE;
}

/* A guest that has just ended leaves its disks a moment later. */
static void
wait_until_idle (const char *path)
{
  for (guint i = 0; i < IDLE_POLLS && domuimg_file_is_busy (path); i++)
    g_usleep (IDLE_POLL_USEC);
}

static gboolean
add_volumes (DomuimgUndo *undo, const GPtrArray *volumes, GError **error)
{
  for (guint i = 0; i < volumes->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (volumes, i);

      wait_until_idle (disk->path);
      if (!domuimg_undo_add_volume_removal (undo, domuimg_volumes_find (disk->kind), disk->path,
                                            disk->volume, error))
        return FALSE;
    }
  return TRUE;
}

/* Once the guest has no manifest any more, nobody would know whose its addresses are. */
static gboolean
end_leases (DomuimgUndo *undo, const Removal *removal, GError **error)
{
  GPtrArray *nics = removal->goes_whole && removal->manifest != NULL ? removal->manifest->nics : NULL;

  for (guint i = 0; nics != NULL && i < nics->len; i++)
    {
      const DomuimgManifestNic *nic = g_ptr_array_index (nics, i);

      if (nic->lease != NULL && nic->pool != NULL)
        domuimg_delete_add_line (removal->lines, "gave back the address %s to %s", nic->address, nic->pool);
    }
  return nics == NULL || domuimg_lease_end_all (undo, nics, NULL, error);
}

static gboolean
remove_all (DomuimgUndo *undo, const Removal *removal, GError **error)
{
  GPtrArray *paths = removal->paths;

  for (guint i = 0; i < paths->len; i++)
    {
      wait_until_idle (g_ptr_array_index (paths, i));
      if (!domuimg_undo_add_removal (undo, g_ptr_array_index (paths, i), error))
        return FALSE;
    }
  return end_leases (undo, removal, error) && add_volumes (undo, removal->volumes, error)
         && domuimg_delete_record_pool_volumes (undo, removal->pool_volumes, error)
         && domuimg_undo_commit (undo, error);
}

static gboolean
lock_all (DomuimgUndo *undo, GPtrArray *paths, GError **error)
{
  gboolean ok;

  g_ptr_array_add (paths, NULL);
  ok = domuimg_undo_lock (undo, (const char *const *) paths->pdata, error);
  g_ptr_array_remove_index (paths, paths->len - 1);
  return ok;
}

static Removal *
removal_new (void)
{
  Removal *self = g_new0 (Removal, 1);

  self->paths = g_ptr_array_new_with_free_func (g_free);
  self->volumes = g_ptr_array_new ();
  self->pool_volumes = g_ptr_array_new ();
  self->lines = g_strv_builder_new ();
  return self;
}

static void
removal_free (Removal *self)
{
  g_ptr_array_unref (self->paths);
  g_ptr_array_unref (self->volumes);
  g_ptr_array_unref (self->pool_volumes);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  g_free (self->manifest_path);
  g_strv_builder_unref (self->lines);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Removal, removal_free)

static Removal *
collect (const char *config, const char *images, gboolean disks, const char *autostart,
         gboolean is_plan, GError **error)
{
  g_autoptr (Removal) self = removal_new ();

  self->is_plan = is_plan;
  self->goes_whole = disks;
  if (!find_manifest (config, images, disks, &self->manifest, &self->manifest_path, error)
      || !add_file (self, autostart, error)
      || (!is_manifest (config) && !add_file (self, config, error))
      || (self->manifest != NULL && !add_made (self, disks, error))
      /* While disks remain, the manifest says what they are of. */
      || (disks && !add_file (self, self->manifest_path, error)))
    return NULL;
  return g_steal_pointer (&self);
}

/* Looked for again once all is locked: another process may have been at work on it. */
static Removal *
collect_locked (DomuimgUndo *undo, const char *config, const char *images, gboolean disks,
                const char *autostart, GError **error)
{
  g_autoptr (Removal) first = collect (config, images, disks, autostart, FALSE, error);
  struct stat status;

  if (first == NULL || !lock_all (undo, first->paths, error))
    return NULL;
  /* Where the configuration was removed before, only what stayed then is left. */
  if (disks && first->manifest != NULL && !domuimg_base_image_check_unused (first->manifest, error))
    return NULL;
  if (lstat (config, &status) == 0
      || (errno == ENOENT && first->manifest != NULL
          && !g_ptr_array_find_with_equal_func (first->paths, config, g_str_equal, NULL)))
    return collect (config, images, disks, autostart, FALSE, error);
  domuimg_set_errno (error, errno, "%s", config);
  return NULL;
}

/* Once the files are gone, which can be put back until then. Of a guest that was made elsewhere they are not
 * domuimg's to empty. */
static void
withdraw_devices (Removal *self)
{
  if (self->manifest == NULL || domuimg_manifest_is_adopted (self->manifest))
    return;
  for (guint i = 0; i < self->manifest->disks->len; i++)
    {
      const DomuimgManifestDisk *disk = g_ptr_array_index (self->manifest->disks, i);
      g_autofree char *line = NULL;

      if (!is_device (disk) || domuimg_volumes_find (disk->kind) != NULL)
        continue;
      wait_until_idle (disk->path);
      line = domuimg_signature_withdraw (disk->path, disk->uuid);
      g_strv_builder_add (self->lines, line);
    }
}

char **
domuimg_host_delete_files (const char *config, const char *images, gboolean disks,
                           const char *autostart, GError **error)
{
  g_autoptr (DomuimgUndo) undo = domuimg_undo_new (error);
  g_autoptr (Removal) removal = NULL;

  if (undo == NULL)
    return NULL;
  removal = collect_locked (undo, config, images, disks, autostart, error);
  if (removal == NULL || !remove_all (undo, removal, error))
    return NULL;
  if (disks)
    {
      withdraw_devices (removal);
      domuimg_delete_pool_volumes (removal->pool_volumes, removal->manifest, removal->lines);
    }
  return g_strv_builder_end (removal->lines);
}

/* A guest of this name that does not merely have a configuration. */
static gboolean
check_off (DomuimgBackend backend, const char *connect, const char *name, GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GPtrArray) known = NULL;

  if (!domuimg_host_list_known (backend, connect, &known, cancellable, error))
    return FALSE;
  for (guint i = 0; known != NULL && i < known->len; i++)
    {
      const DomuimgHostGuest *guest = g_ptr_array_index (known, i);

      if (g_strcmp0 (guest->name, name) == 0 && guest->domid >= 0)
        return domuimg_fail (error, DOMUIMG_ERROR_BUSY,
                             "%s is %s: shut it down first, or say how long it may take to do so, with --timeout",
                             name, domuimg_guest_state_to_string (guest->state));
    }
  return TRUE;
}

static gboolean
end_guest (DomuimgBackend backend, const char *connect, const char *name, guint timeout,
           GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgDoctor) host = domuimg_doctor_new ();
  g_autoptr (DomuimgExec) exec = NULL;

  if (timeout == DOMUIMG_DELETE_NOT_RUNNING
      && !check_off (backend, connect, name, cancellable, error))
    return FALSE;
  /* Where no Xen is, nothing runs. */
  if (backend == DOMUIMG_BACKEND_LIBXL && !domuimg_doctor_get_is_xen (host))
    return TRUE;
  exec = domuimg_backend_start (backend, connect, "end", error);
  if (exec == NULL)
    return FALSE;
  domuimg_exec_arg (exec, name);
  domuimg_exec_argf (exec, "--timeout=%u", timeout == DOMUIMG_DELETE_NOT_RUNNING ? 0 : timeout);
  return domuimg_exec_run (exec, cancellable, error);
}

/* (nullable) Where the manifest of the guest @name may be, whose configuration need not be there. */
static char *
guess_manifest (const char *name)
{
  if (g_str_has_suffix (name, ".json"))
    return g_strdup (name);
  if (g_str_has_suffix (name, ".cfg"))
    return g_strdup_printf ("%.*s.json", (int) (strlen (name) - strlen (".cfg")), name);
  return strchr (name, '/') == NULL ? g_strdup_printf (DOMUIMG_IMAGE_DIRECTORY "/%s.json", name) : NULL;
}

/* By its manifest: *@config, which may be gone, and *@guest, the domain's name, stay NULL without an error
 * where there is none. */
static gboolean
find_by_manifest (const char *name, char **config, char **guest, GError **error)
{
  g_autofree char *path = guess_manifest (name);
  g_autoptr (DomuimgManifest) manifest = NULL;

  if (path == NULL)
    return TRUE;
  if (!domuimg_manifest_read_if_any (path, &manifest, error))
    return FALSE;
  if (manifest == NULL)
    return TRUE;
  *config = manifest->config != NULL ? g_strdup (manifest->config) : g_canonicalize_filename (path, NULL);
  *guest = g_strdup (manifest->name);
  return TRUE;
}

static gboolean
find_guest (const char *name, char **config, char **guest, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *path = domuimg_domain_find_config (name, &local);
  g_autoptr (DomuimgDomain) domain = NULL;

  gboolean is_gone = path == NULL || (access (path, F_OK) != 0 && errno == ENOENT);

  if ((is_gone || g_str_has_suffix (path, ".json")) && !find_by_manifest (name, config, guest, error))
    return FALSE;
  if (*config != NULL)
    return TRUE;
  if (path == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  domain = domuimg_domain_new_from_file (path, error);
  if (domain == NULL)
    return FALSE;
  *guest = g_strdup (domuimg_domain_get_name (domain));
  *config = g_steal_pointer (&path);
  return TRUE;
}

/**
 * domuimg_host_plan_delete:
 * @name: the name of a guest, the path of its configuration, or of its manifest
 * @disks: whether its disks are to be removed, too
 * @error: return location for an error, as of domuimg_host_delete_guest()
 *
 * What domuimg_host_delete_guest() would remove now, and what would stay. Nothing is changed.
 *
 * Returns: (transfer full): a line for each, or %NULL
 *
 * Since: 0.1
 */
char **
domuimg_host_plan_delete (const char *name, gboolean disks, GError **error)
{
  g_autofree char *config = NULL;
  g_autofree char *guest = NULL;
  g_autofree char *link = NULL;
  g_autoptr (Removal) removal = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  if (!find_guest (name, &config, &guest, error))
    return NULL;
  link = domuimg_autostart_find (DOMUIMG_CONFIG_DIRECTORY, config);
  removal = collect (config, DOMUIMG_IMAGE_DIRECTORY, disks, link, TRUE, error);
  if (removal != NULL && disks && !domuimg_base_image_check_unused (removal->manifest, error))
    return NULL;
  return removal != NULL ? g_strv_builder_end (removal->lines) : NULL;
}

/**
 * domuimg_host_delete_guest:
 * @name: the name of a guest, the path of its configuration, or of its manifest
 * @backend: what it may run by
 * @connect: (nullable): libvirt's URI; %NULL for the libvirt that the guest was defined by when it
 *   was made, or else `xen:///system`
 * @disks: whether to remove its disks, too
 * @timeout: for how many seconds it may shut down by itself before it is ended by force;
 *   %DOMUIMG_DELETE_NOT_RUNNING for a guest that must not run
 * @cancellable: (nullable): to stop it before anything is removed
 * @error: return location for an error: %DOMUIMG_ERROR_BUSY where it runs and must not, or with @disks
 *   another guest's disk lies over one of its own; %DOMUIMG_ERROR_NOT_FOUND where there is no such guest, or
 *   with @disks no manifest that says which disks were made for it; %DOMUIMG_ERROR_CORRUPT_INPUT
 *   where its manifest is damaged; %DOMUIMG_ERROR_TOOL_FAILED
 *
 * A guest without a configuration, such as a clone of an image alone, is known by its manifest, which stays without
 * @disks.
 *
 * Ends a guest, by a shutdown, and after @timeout by force; makes libvirt forget it; and removes
 * its configuration, its link in `/etc/xen/auto`, and the XML that was made with it. With @disks
 * those go, too, that the manifest names as made with it, the kernel and initramfs that were copied
 * out, and the manifest. The files go in one transaction: all of them or none. Block devices stay;
 * from one whose filesystem still is what was made for the guest, this filesystem is taken, by zeros
 * in its first page, and the rest of its blocks is not erased. Of a guest that domuimg_adopt() wrote the
 * manifest of, block devices stay as they are, and so does a kernel that is not a copy of the guest's own.
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
  g_autofree char *guest = NULL;

  g_return_val_if_fail (name != NULL, NULL);
  if (!find_guest (name, &config, &guest, error))
    return NULL;
  /* Before the guest is ended for nothing. */
  if (!find_manifest (config, DOMUIMG_IMAGE_DIRECTORY, disks, &manifest, &path, error))
    return NULL;
  if (disks && !domuimg_base_image_check_unused (manifest, error))
    return NULL;
  if (connect == NULL && manifest != NULL && manifest->defined != NULL)
    {
      backend = DOMUIMG_BACKEND_LIBVIRT;
      connect = manifest->defined;
    }
  if (!end_guest (backend, connect, guest, timeout, cancellable, error))
    return NULL;
  link = domuimg_autostart_find (DOMUIMG_CONFIG_DIRECTORY, config);
  return domuimg_host_delete_files (config, DOMUIMG_IMAGE_DIRECTORY, disks, link, error);
}
