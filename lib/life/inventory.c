/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* All guests of a host: those that were made here, those that have a configuration, and those that run. */
#include "config.h"
#include "lib/life/inventory.h"

#include <string.h>

#include "lib/base/properties.h"
#include "lib/domain/config/file.h"
#include "lib/guest/manifest-spec.h"
#include "lib/repair/base-image.h"
#include "lib/life/files.h"
#include "lib/life/state.h"

/**
 * DomuimgInventory:
 *
 * The guests of a host.
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgInventory, domuimg_inventory, G_TYPE_OBJECT)

static void
domuimg_inventory_finalize (GObject *object)
{
  DomuimgInventory *self = DOMUIMG_INVENTORY (object);

  g_ptr_array_unref (self->guests);
  g_clear_pointer (&self->known, g_ptr_array_unref);
  g_ptr_array_unref (self->problems);
  G_OBJECT_CLASS (domuimg_inventory_parent_class)->finalize (object);
}

static void
domuimg_inventory_class_init (DomuimgInventoryClass *klass)
{
  static const DomuimgProperty properties[] = {
    { DOMUIMG_PROPERTY_UINT, "length", G_CALLBACK (domuimg_inventory_get_length), "how many guests" },
  };

  G_OBJECT_CLASS (klass)->finalize = domuimg_inventory_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
listed_free (gpointer data)
{
  DomuimgListed *self = data;

  g_free (self->name);
  g_free (self->uuid);
  g_free (self->config);
  g_free (self->base);
  g_free (self);
}

static void
domuimg_inventory_init (DomuimgInventory *self)
{
  self->guests = g_ptr_array_new_with_free_func (listed_free);
  self->problems = g_ptr_array_new_with_free_func (g_free);
}

static DomuimgListed *
add (DomuimgInventory *self, const char *name)
{
  DomuimgListed *one = g_new0 (DomuimgListed, 1);

  one->name = g_strdup (name);
  one->state = DOMUIMG_GUEST_STATE_UNKNOWN;
  one->domid = -1;
  g_ptr_array_add (self->guests, one);
  return one;
}

static void
measure (DomuimgInventory *self, DomuimgListed *one)
{
  const DomuimgManifest *manifest = one->made->manifest;
  g_autoptr (GError) local = NULL;
  g_autoptr (GPtrArray) files = domuimg_life_list_files (manifest, &local);

  if (files != NULL)
    one->disk_usage = domuimg_life_sum_disks (files);
  else
    g_ptr_array_add (self->problems, g_strdup (local->message));
  for (guint i = 0; one->base == NULL && i < manifest->disks->len; i++)
    one->base = domuimg_base_image_find (g_ptr_array_index (manifest->disks, i));
}

static void
add_made (DomuimgInventory *self, const DomuimgKnown *made)
{
  const DomuimgManifest *manifest = made->manifest;
  g_autofree char *name = domuimg_known_get_name (made);
  DomuimgListed *one;

  if (made->problem != NULL)
    g_ptr_array_add (self->problems, g_strdup (made->problem));
  if (manifest == NULL)
    return;
  one = add (self, name);
  one->made = made;
  one->uuid = g_strdup (manifest->uuid);
  one->type = manifest->type;
  one->memory = manifest->memory;
  one->vcpus = manifest->vcpus;
  one->config = g_strdup (manifest->config);
  measure (self, one);
}

static void
take_configuration (DomuimgListed *one, const DomuimgHostGuest *guest)
{
  g_free (one->config);
  one->config = g_strdup (guest->config);
  one->type = guest->type;
  one->memory = guest->memory;
  one->vcpus = guest->vcpus;
  one->autostart = guest->autostart;
  if (one->uuid == NULL)
    one->uuid = g_strdup (guest->uuid);
}

/* What somebody has changed in the configuration since counts. */
static void
add_configured (DomuimgInventory *self, const GPtrArray *configured)
{
  for (guint i = 0; i < configured->len; i++)
    {
      const DomuimgHostGuest *guest = g_ptr_array_index (configured, i);
      DomuimgListed *found = NULL;

      for (guint j = 0; found == NULL && j < self->guests->len; j++)
        {
          DomuimgListed *one = g_ptr_array_index (self->guests, j);

          if (g_strcmp0 (one->config, guest->config) == 0)
            found = one;
        }
      take_configuration (found != NULL ? found : add (self, guest->name), guest);
    }
}

static gboolean
is_same (const DomuimgListed *one, const DomuimgHostGuest *guest)
{
  if (one->uuid != NULL && guest->uuid != NULL)
    return g_ascii_strcasecmp (one->uuid, guest->uuid) == 0;
  return g_str_equal (one->name, guest->name);
}

static void
take_state (DomuimgListed *one, const DomuimgHostGuest *guest)
{
  one->is_known = TRUE;
  one->state = guest->state;
  one->domid = guest->domid;
  one->memory = guest->memory != 0 ? guest->memory : one->memory;
  one->vcpus = guest->vcpus != 0 ? guest->vcpus : one->vcpus;
  /* libxl says hvm of PVH, too. */
  if (one->type == DOMUIMG_GUEST_TYPE_AUTO)
    one->type = guest->type;
  if (one->uuid == NULL)
    one->uuid = g_strdup (guest->uuid);
  if (one->config == NULL)
    one->config = g_strdup (guest->config);
  one->autostart |= guest->autostart;
}

/* With @only_made guests of others stay out. */
static void
add_running (DomuimgInventory *self, const GPtrArray *running, gboolean only_made)
{
  guint n = self->guests->len;

  for (guint i = 0; i < n; i++)
    ((DomuimgListed *) self->guests->pdata[i])->state = DOMUIMG_GUEST_STATE_OFF;
  for (guint i = 0; i < running->len; i++)
    {
      const DomuimgHostGuest *guest = g_ptr_array_index (running, i);
      gboolean found = FALSE;

      for (guint j = 0; j < n; j++)
        {
          DomuimgListed *one = g_ptr_array_index (self->guests, j);

          if (!is_same (one, guest))
            continue;
          take_state (one, guest);
          found = TRUE;
        }
      if (!found && !only_made)
        take_state (add (self, guest->name), guest);
    }
}

static gboolean
has_disk (const DomuimgListed *one, const char *path)
{
  GPtrArray *disks = one->made != NULL ? one->made->manifest->disks : NULL;

  for (guint i = 0; disks != NULL && i < disks->len; i++)
    if (g_strcmp0 (((const DomuimgManifestDisk *) disks->pdata[i])->path, path) == 0)
      return TRUE;
  return FALSE;
}

static void
find_parents (DomuimgInventory *self)
{
  for (guint i = 0; i < self->guests->len; i++)
    {
      DomuimgListed *one = g_ptr_array_index (self->guests, i);

      for (guint j = 0; one->base != NULL && one->parent == NULL && j < self->guests->len; j++)
        if (j != i && has_disk (g_ptr_array_index (self->guests, j), one->base))
          one->parent = g_ptr_array_index (self->guests, j);
    }
}

/* A libvirt is asked for its own guests. */
static void
drop_unknown (DomuimgInventory *self)
{
  for (guint i = self->guests->len; i > 0; i--)
    if (!((const DomuimgListed *) self->guests->pdata[i - 1])->is_known)
      g_ptr_array_remove_index (self->guests, i - 1);
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(DomuimgListed *const *) a)->name, (*(DomuimgListed *const *) b)->name);
}

/* Who names a libvirt wants its answer; else a hypervisor that does not answer is told of. */
static gboolean
ask (DomuimgInventory *self, const char *dir, DomuimgBackend backend, const char *connect,
     GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) running = NULL;
  g_autoptr (GError) local = NULL;

  if (domuimg_host_list_known (backend, connect, &running, cancellable, &local))
    {
      if (running != NULL)
        add_running (self, running, dir != NULL);
      return TRUE;
    }
  if (connect != NULL || g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  g_ptr_array_add (self->problems,
                   g_strdup_printf ("whether guests run is not known: %s", local->message));
  return TRUE;
}

/**
 * domuimg_inventory_load:
 * @dir: (nullable) (type filename): a directory that guests were made in, for those alone
 * @backend: what knows which of them run
 * @connect: (nullable): libvirt's URI; %NULL for `xen:///system`
 * @cancellable: (nullable): to stop it
 * @error: return location for an error: %DOMUIMG_ERROR_PERMISSION or %DOMUIMG_ERROR_IO for a directory that
 *   cannot be listed; with @connect %DOMUIMG_ERROR_NOT_SUPPORTED and %DOMUIMG_ERROR_TOOL_FAILED where
 *   libvirt does not answer
 *
 * The guests that were made here, wherever their files are; and without @dir those, too, that have a
 * configuration in `/etc/xen`, or at libvirt, and those that run. Where no hypervisor answers, their states are
 * unknown, and nothing is guessed.
 *
 * |[
 * g_autoptr (DomuimgInventory) guests
 *     = domuimg_inventory_load (NULL, DOMUIMG_BACKEND_LIBXL, NULL, NULL, &error);
 * ]|
 *
 * Returns: (transfer full): the guests, or %NULL
 *
 * Since: 0.1
 */
DomuimgInventory *
domuimg_inventory_load (const char *dir, DomuimgBackend backend, const char *connect,
                        GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgInventory) self = g_object_new (DOMUIMG_TYPE_INVENTORY, NULL);
  g_autoptr (GPtrArray) configured = NULL;

  self->known = domuimg_known_list (dir, self->problems, error);
  if (self->known == NULL)
    return NULL;
  for (guint i = 0; i < self->known->len; i++)
    add_made (self, g_ptr_array_index (self->known, i));
  if (dir == NULL && backend == DOMUIMG_BACKEND_LIBXL)
    {
      configured = domuimg_host_list_configured (DOMUIMG_CONFIG_DIRECTORY);
      add_configured (self, configured);
    }
  if (!ask (self, dir, backend, connect, cancellable, error))
    return NULL;
  if (dir == NULL && backend == DOMUIMG_BACKEND_LIBVIRT)
    drop_unknown (self);
  g_ptr_array_sort (self->guests, by_name);
  find_parents (self);
  return g_steal_pointer (&self);
}

/**
 * domuimg_inventory_get_length:
 * @self: guests
 *
 * Returns: how many
 *
 * Since: 0.1
 */
guint
domuimg_inventory_get_length (DomuimgInventory *self)
{
  g_return_val_if_fail (DOMUIMG_IS_INVENTORY (self), 0);
  return self->guests->len;
}

/**
 * domuimg_inventory_list_problems:
 * @self: guests
 *
 * Returns: (transfer full) (array zero-terminated=1): what could not be looked at, one sentence each: a
 *   manifest that is damaged, a hypervisor that does not answer
 *
 * Since: 0.1
 */
char **
domuimg_inventory_list_problems (DomuimgInventory *self)
{
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();

  g_return_val_if_fail (DOMUIMG_IS_INVENTORY (self), NULL);
  for (guint i = 0; i < self->problems->len; i++)
    g_strv_builder_add (lines, g_ptr_array_index (self->problems, i));
  return g_strv_builder_end (lines);
}

static const struct {
  const char *name;
  char *(*write) (const DomuimgInventory *self);
} formats[] = {
  [DOMUIMG_INVENTORY_FORMAT_TEXT] = { "text", domuimg_inventory_to_text },
  [DOMUIMG_INVENTORY_FORMAT_JSON] = { "json", domuimg_inventory_to_json },
  [DOMUIMG_INVENTORY_FORMAT_INVENTORY] = { "inventory", domuimg_inventory_to_ansible },
  [DOMUIMG_INVENTORY_FORMAT_HOSTS] = { "hosts", domuimg_inventory_to_hosts },
};

/**
 * domuimg_inventory_format_from_string:
 * @string: `text`, `json`, `inventory` or `hosts`
 * @format: (out): the format
 * @error: return location for an error, %DOMUIMG_ERROR_INVALID_ARGUMENT
 *
 * Returns: whether @string names one
 *
 * Since: 0.1
 */
gboolean
domuimg_inventory_format_from_string (const char *string, DomuimgInventoryFormat *format,
                                      GError **error)
{
  g_return_val_if_fail (string != NULL && format != NULL, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      if (!g_str_equal (string, formats[i].name))
        continue;
      *format = i;
      return TRUE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                       "“%s” is not a format of a list: give text, json, inventory or hosts", string);
}

/**
 * domuimg_inventory_write:
 * @self: guests
 * @format: how to write them
 *
 * Writes the list down. In JSON it is an object whose member `guests` has an object for each, with the members `name`, `uuid`, `domid` (-1 where it
 * does not run), `state`, `type`, `memory` (bytes), `vcpus`, `config`, `autostart`, and, for one that was made
 * here, `manifest`, `made` (ISO 8601), `disk_usage` (bytes that its disks take), `base` (the image that its
 * disk lies over), `base_guest` and `address`; null stands for what is not known. The format of
 * [ansible's inventories](https://docs.ansible.com/ansible/latest/inventory_guide/intro_inventory.html) is
 * INI, with the groups `domuimg` and, where states are known, `domuimg_STATE`.
 *
 * Returns: (transfer full): the text
 *
 * Since: 0.1
 */
char *
domuimg_inventory_write (DomuimgInventory *self, DomuimgInventoryFormat format)
{
  g_return_val_if_fail (DOMUIMG_IS_INVENTORY (self), NULL);
  g_return_val_if_fail ((guint) format < G_N_ELEMENTS (formats), NULL);
  return formats[format].write (self);
}

char *
domuimg_listed_get_hostname (const DomuimgListed *self)
{
  g_auto (GStrv) values
      = self->made != NULL ? domuimg_manifest_get_setting (self->made->manifest, "hostname") : NULL;

  return g_strdup (values != NULL && values[0] != NULL ? values[0] : self->name);
}

const char *
domuimg_listed_get_address (const DomuimgListed *self)
{
  GPtrArray *nics = self->made != NULL ? self->made->manifest->nics : NULL;

  for (guint i = 0; nics != NULL && i < nics->len; i++)
    {
      const DomuimgManifestNic *nic = g_ptr_array_index (nics, i);

      if (nic->address != NULL)
        return nic->address;
    }
  return NULL;
}
