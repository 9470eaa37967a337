/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One guest as a whole: its manifest, its files as they are now, and whether it runs. */
#include "config.h"
#include "lib/life/show.h"

#include "lib/base/properties.h"
#include "lib/domain/config/file.h"
#include "lib/guest/manifest-find.h"
#include "lib/host/guest.h"

/**
 * DomuimgShow:
 *
 * All that is known of a guest that was made here.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgShow, domuimg_show, G_TYPE_OBJECT)

static void
domuimg_show_finalize (GObject *object)
{
  DomuimgShow *self = DOMUIMG_SHOW (object);

  g_free (self->name);
  g_free (self->manifest_path);
  g_clear_pointer (&self->files, g_ptr_array_unref);
  g_clear_pointer (&self->manifest, domuimg_manifest_free);
  domuimg_life_state_clear (&self->state);
  g_free (self->autostart);
  G_OBJECT_CLASS (domuimg_show_parent_class)->finalize (object);
}

static void
domuimg_show_class_init (DomuimgShowClass *klass)
{
  static const DomuimgProperty properties[] = {
    { DOMUIMG_PROPERTY_STRING, "name", G_CALLBACK (domuimg_show_get_name), "the guest's name" },
    { DOMUIMG_PROPERTY_STRING, "manifest-path", G_CALLBACK (domuimg_show_get_manifest_path),
      "its manifest" },
    { DOMUIMG_PROPERTY_ENUM, "state", G_CALLBACK (domuimg_show_get_state), "what it does",
      domuimg_guest_state_get_type },
    { DOMUIMG_PROPERTY_UINT64, "disk-usage", G_CALLBACK (domuimg_show_get_disk_usage),
      "bytes that its disks take" },
  };

  G_OBJECT_CLASS (klass)->finalize = domuimg_show_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_show_init (DomuimgShow *self)
{
}

/* A hypervisor that does not answer is no reason to show nothing of the guest. */
static gboolean
find_state (DomuimgShow *self, DomuimgBackend backend, const char *connect,
            GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (domuimg_life_state_ask (&self->state, self->manifest, backend, connect, cancellable, &local))
    return TRUE;
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  self->state.why = g_strdup (local->message);
  return TRUE;
}

/**
 * domuimg_show_run:
 * @what: (type filename): the guest: its name, or the path of its configuration or manifest
 * @dir: (nullable) (type filename): the directory that it was made in, if @what is only its name
 * @backend: what knows whether it runs
 * @connect: (nullable): libvirt's URI; %NULL for the libvirt that it was defined by when it was made
 * @cancellable: (nullable): stops it; the error is then %G_IO_ERROR_CANCELLED
 * @error: return location for a #GError
 *
 * Collects what is known of a guest that was made here: what it was made of and how, its files with
 * their sizes and permissions now, what was changed in it, the verdict of the last check, and whether
 * it runs. Where no hypervisor answers its state is %DOMUIMG_GUEST_STATE_UNKNOWN, and the text says why.
 *
 * |[
 * g_autoptr (DomuimgShow) guest
 *     = domuimg_show_run ("web1", NULL, DOMUIMG_BACKEND_LIBXL, NULL, NULL, &error);
 * ]|
 *
 * Returns: (transfer full): the guest. %NULL on error:
 *   %DOMUIMG_ERROR_NOT_FOUND for a guest that does not exist, or has no manifest,
 *   %DOMUIMG_ERROR_CORRUPT_INPUT for a manifest that is damaged, %DOMUIMG_ERROR_PERMISSION or
 *   %DOMUIMG_ERROR_IO for files that cannot be looked at
 *
 * Since: 0.1
 */
DomuimgShow *
domuimg_show_run (const char *what, const char *dir, DomuimgBackend backend, const char *connect,
                  GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgShow) self = NULL;

  g_return_val_if_fail (what != NULL, NULL);
  self = g_object_new (DOMUIMG_TYPE_SHOW, NULL);
  self->manifest = domuimg_manifest_find_guest (what, dir, &self->manifest_path, error);
  if (self->manifest == NULL)
    return NULL;
  self->name = g_strdup (self->manifest->name);
  self->files = domuimg_life_list_files (self->manifest, error);
  if (self->files == NULL || !find_state (self, backend, connect, cancellable, error))
    return NULL;
  if (self->manifest->config != NULL)
    self->autostart = domuimg_autostart_find (DOMUIMG_CONFIG_DIRECTORY, self->manifest->config);
  return g_steal_pointer (&self);
}

/**
 * domuimg_show_get_name:
 * @self: a guest
 *
 * Returns: (transfer none): its name
 *
 * Since: 0.1
 */
const char *
domuimg_show_get_name (DomuimgShow *self)
{
  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), NULL);
  return self->name;
}

/**
 * domuimg_show_get_manifest_path:
 * @self: a guest
 *
 * Returns: (transfer none) (type filename): its manifest
 *
 * Since: 0.1
 */
const char *
domuimg_show_get_manifest_path (DomuimgShow *self)
{
  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), NULL);
  return self->manifest_path;
}

/**
 * domuimg_show_get_state:
 * @self: a guest
 *
 * Returns: what it does; %DOMUIMG_GUEST_STATE_UNKNOWN where no hypervisor answers
 *
 * Since: 0.1
 */
DomuimgGuestState
domuimg_show_get_state (DomuimgShow *self)
{
  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), DOMUIMG_GUEST_STATE_UNKNOWN);
  return self->state.state;
}

/**
 * domuimg_show_get_disk_usage:
 * @self: a guest
 *
 * Returns: bytes that its disks take of the storage that they are on: what is allocated of files, all of
 *   a device, and nothing of volumes on another host
 *
 * Since: 0.1
 */
guint64
domuimg_show_get_disk_usage (DomuimgShow *self)
{
  g_return_val_if_fail (DOMUIMG_IS_SHOW (self), 0);
  return domuimg_life_sum_disks (self->files);
}
