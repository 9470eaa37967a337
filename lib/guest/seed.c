/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seeds for cloud-init in its own form, NoCloud. What is YAML there is written as JSON, which is YAML,
 * too, and in which no value can become anything else. */
#include "config.h"
#include "lib/guest/seed.h"

#include <string.h>

#include "lib/base/json.h"

/* What OpenStack's servers take at most is less. */
#define FILE_MAX ((gsize) 16 << 20)

const char *
domuimg_seed_get_label (const DomuimgSeedSpec *spec)
{
  return spec->format == DOMUIMG_SEED_CONFIG_DRIVE ? "config-2" : DOMUIMG_NOCLOUD_LABEL;
}

gboolean
domuimg_seed_add_file (DomuimgSeed *self, const char *path, const char *from, gboolean *was_added,
                       GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gsize length;

  *was_added = from != NULL;
  if (from == NULL)
    return TRUE;
  if (!g_file_get_contents (from, &text, &length, &local))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "a file of the seed: %s", local->message);
  if (length > FILE_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is too large for a seed: it has %" G_GSIZE_FORMAT
                         " bytes, and 16 MiB is the most",
                         from, length);
  domuimg_iso_files_add (self->files, path, g_bytes_new_take (g_steal_pointer (&text), length));
  return TRUE;
}

void
domuimg_seed_add_text (DomuimgSeed *self, const char *path, char *text)
{
  domuimg_iso_files_add (self->files, path, g_bytes_new_take (text, strlen (text)));
}

static char *
to_text (JsonBuilder *builder, const char *head)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, TRUE);

  return g_strconcat (head, text, "\n", NULL);
}

static char *
make_meta_data (const DomuimgSeed *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "instance-id", self->id);
  if (self->guest->hostname != NULL)
    domuimg_json_add_string (builder, "local-hostname", self->guest->hostname);
  if (self->guest->authorized_keys->len > 0)
    domuimg_json_add_lines (builder, "public-keys", self->guest->authorized_keys);
  json_builder_end_object (builder);
  return to_text (builder, "");
}

static void
add_password (JsonBuilder *builder, const DomuimgCustomise *guest)
{
  g_autofree char *line = g_strconcat ("root:", guest->root_password_hash, NULL);
  g_autoptr (GPtrArray) list = g_ptr_array_new ();

  g_ptr_array_add (list, line);
  json_builder_set_member_name (builder, "chpasswd");
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "expire");
  json_builder_add_boolean_value (builder, guest->root_password_expired);
  /* Versions before 22.3 know the list only, which a later one may drop; until then it takes both. */
  domuimg_json_add_lines (builder, "list", list);
  json_builder_set_member_name (builder, "users");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "name", "root");
  domuimg_json_add_string (builder, "type", "hash");
  domuimg_json_add_string (builder, "password", guest->root_password_hash);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

char *
domuimg_seed_make_cloud_config (const DomuimgSeed *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  gboolean has_password = self->guest->root_password == DOMUIMG_ROOT_PASSWORD_HASH;
  gboolean has_login = has_password || self->guest->authorized_keys->len > 0;

  if (!has_login && self->spec->user_data != NULL)
    return NULL;
  json_builder_begin_object (builder);
  /* cloud-init would make the guest's locale en_US.UTF-8, and fails where locales cannot be generated. Its
   * older schemas want a string here, and it takes either. */
  domuimg_json_add_string (builder, "locale", "false");
  /* The keys are root's, whom vendors lock out. */
  if (has_login)
    {
      json_builder_set_member_name (builder, "disable_root");
      json_builder_add_boolean_value (builder, FALSE);
    }
  if (has_password)
    add_password (builder, self->guest);
  json_builder_end_object (builder);
  return to_text (builder, DOMUIMG_CLOUD_CONFIG);
}

static void
add_subnet (JsonBuilder *builder, const DomuimgGuestNic *nic, const char *address,
            const char *gateway)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "type", address != NULL                      ? "static"
                                            : nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "dhcp"
                                                                                  : "manual");
  if (address != NULL)
    domuimg_json_add_string (builder, "address", address);
  if (gateway != NULL)
    domuimg_json_add_string (builder, "gateway", gateway);
  if (nic->dns->len > 0)
    domuimg_json_add_lines (builder, "dns_nameservers", nic->dns);
  json_builder_end_object (builder);
}

static void
add_nic (JsonBuilder *builder, const DomuimgGuestNic *nic, guint number)
{
  g_autofree char *name = g_strdup_printf ("eth%u", number);

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "type", "physical");
  domuimg_json_add_string (builder, "name", name);
  domuimg_json_add_string (builder, "mac_address", nic->mac);
  json_builder_set_member_name (builder, "subnets");
  json_builder_begin_array (builder);
  if (nic->address != NULL || nic->address6 == NULL)
    add_subnet (builder, nic, nic->address, nic->gateway);
  if (nic->address6 != NULL)
    add_subnet (builder, nic, nic->address6, nic->gateway6);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
}

/* Version 1, which every cloud-init reads in the same way: a card has the address that is given by its
 * MAC, whatever Linux calls it. */
static char *
make_network_config (const DomuimgSeed *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  domuimg_json_add_int (builder, "version", 1);
  json_builder_set_member_name (builder, "config");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->nics->len; i++)
    add_nic (builder, g_ptr_array_index (self->nics, i), i);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return to_text (builder, "");
}

static gboolean
add_user_data (DomuimgSeed *self, char **config, GError **error)
{
  gboolean was_added;

  if (!domuimg_seed_add_file (self, "user-data", self->spec->user_data, &was_added, error))
    return FALSE;
  if (!was_added)
    domuimg_seed_add_text (self, "user-data", g_steal_pointer (config));
  return TRUE;
}

/* The user's own file stays as it is: the settings then are the vendor's, which it may override. */
static gboolean
add_vendor_data (DomuimgSeed *self, char **config, GError **error)
{
  gboolean was_added;

  if (!domuimg_seed_add_file (self, "vendor-data", self->spec->vendor_data, &was_added, error))
    return FALSE;
  if (!was_added && *config != NULL)
    domuimg_seed_add_text (self, "vendor-data", g_steal_pointer (config));
  return TRUE;
}

static gboolean
add_nocloud (DomuimgSeed *self, GError **error)
{
  g_autofree char *config = domuimg_seed_make_cloud_config (self);
  gboolean was_added;

  if (!domuimg_seed_add_file (self, "meta-data", self->spec->meta_data, &was_added, error))
    return FALSE;
  if (!was_added)
    domuimg_seed_add_text (self, "meta-data", make_meta_data (self));
  if (!domuimg_seed_add_file (self, "network-config", self->spec->network_config, &was_added, error))
    return FALSE;
  if (!was_added && self->nics->len > 0)
    domuimg_seed_add_text (self, "network-config", make_network_config (self));
  return add_user_data (self, &config, error) && add_vendor_data (self, &config, error);
}

GPtrArray *
domuimg_seed_make (const DomuimgSeedSpec *spec, const DomuimgCustomise *guest,
                   const GPtrArray *nics, const char *id, GError **error)
{
  g_autoptr (GPtrArray) files = domuimg_iso_files_new ();
  DomuimgSeed self = { spec, guest, nics, id, files };

  if (!(spec->format == DOMUIMG_SEED_CONFIG_DRIVE ? domuimg_seed_add_config_drive (&self, error)
                                                  : add_nocloud (&self, error)))
    return NULL;
  return g_steal_pointer (&files);
}

void
domuimg_seed_take (const DomuimgSeedSpec *spec, DomuimgCustomise *guest)
{
  /* Meta data of the user's own may have no host name: then the guest's files still give it one. */
  if (spec->meta_data == NULL)
    g_clear_pointer (&guest->hostname, g_free);
  g_ptr_array_set_size (guest->authorized_keys, 0);
  g_ptr_array_set_size (guest->nics, 0);
  guest->has_seeded_network = !spec->is_ignition;
  guest->root_password = DOMUIMG_ROOT_PASSWORD_KEEP;
}

/* (transfer none) (nullable) */
static GBytes *
find_user_data (const GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++)
    {
      const DomuimgIsoFile *file = g_ptr_array_index (files, i);
      g_autofree char *name = g_path_get_basename (file->path);

      if (g_str_equal (name, "user-data") || g_str_equal (name, "user_data"))
        return file->content;
    }
  return NULL;
}

/* The words that data may begin with, by cloud-init's documentation of user data formats. */
char *
domuimg_seed_explain_user_data (const DomuimgSeedSpec *spec, const GPtrArray *files)
{
  static const char *const starts[]
      = { "#cloud-config", "#!",      "#include",      "#cloud-boothook", "#part-handler",
          "## template:",  "MIME-Version:", "Content-Type:", "From ",     "\x1f\x8b" };
  GBytes *data = spec->user_data != NULL && !spec->is_ignition ? find_user_data (files) : NULL;
  gsize length;
  const char *text;

  if (data == NULL)
    return NULL;
  text = g_bytes_get_data (data, &length);
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    if (length >= strlen (starts[i]) && memcmp (text, starts[i], strlen (starts[i])) == 0)
      return NULL;
  return g_strdup_printf ("%s does not begin with #cloud-config, #! or another word that tells"
                          " cloud-init what it is, so cloud-init ignores it",
                          spec->user_data);
}
