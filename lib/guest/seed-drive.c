/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seeds in the form of OpenStack's config drive, which cloud-init and Ignition read. */
#include "config.h"
#include "lib/guest/seed.h"

#include <string.h>

#include "lib/base/json.h"

#define LATEST "openstack/latest/"

static char *
to_text (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  return json_to_string (root, TRUE);
}

static char *
make_meta_data (const DomuimgSeed *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  const GPtrArray *keys = self->guest->authorized_keys;

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "uuid", self->id);
  if (self->guest->hostname != NULL)
    domuimg_json_add_string (builder, "hostname", self->guest->hostname);
  json_builder_set_member_name (builder, "public_keys");
  json_builder_begin_object (builder);
  for (guint i = 0; i < keys->len; i++)
    {
      g_autofree char *name = g_strdup_printf ("key-%u", i);

      domuimg_json_add_string (builder, name, g_ptr_array_index (keys, i));
    }
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  return to_text (builder);
}

static void
add_link (JsonBuilder *builder, const char *id, const char *mac)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "id", id);
  domuimg_json_add_string (builder, "type", "phy");
  domuimg_json_add_string (builder, "ethernet_mac_address", mac);
  json_builder_end_object (builder);
}

static void
add_route (JsonBuilder *builder, const char *gateway, gboolean is_v6)
{
  json_builder_set_member_name (builder, "routes");
  json_builder_begin_array (builder);
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "network", is_v6 ? "::" : "0.0.0.0");
  domuimg_json_add_string (builder, "netmask", is_v6 ? "::" : "0.0.0.0");
  domuimg_json_add_string (builder, "gateway", gateway);
  json_builder_end_object (builder);
  json_builder_end_array (builder);
}

/* "192.0.2.7/24": a mask for IPv4, the prefix stays for IPv6. */
static void
add_address (JsonBuilder *builder, const char *address, gboolean is_v6)
{
  g_auto (GStrv) parts = g_strsplit (address, "/", 2);
  guint prefix = (guint) g_ascii_strtoull (parts[1] != NULL ? parts[1] : "32", NULL, 10);
  guint32 mask = prefix == 0 ? 0 : ~(guint32) 0 << (32 - MIN (prefix, 32));
  g_autofree char *netmask = g_strdup_printf ("%u.%u.%u.%u", mask >> 24, mask >> 16 & 255,
                                              mask >> 8 & 255, mask & 255);

  domuimg_json_add_string (builder, "ip_address", is_v6 ? address : parts[0]);
  if (!is_v6)
    domuimg_json_add_string (builder, "netmask", netmask);
}

static void
add_network (JsonBuilder *builder, const char *link, const char *address, const char *gateway,
             gboolean is_v6)
{
  g_autofree char *id = g_strdup_printf ("%s-%s", link, is_v6 ? "v6" : "v4");

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "id", id);
  domuimg_json_add_string (builder, "link", link);
  domuimg_json_add_string (builder, "type", address == NULL ? "ipv4_dhcp"
                                            : is_v6         ? "ipv6"
                                                            : "ipv4");
  if (address != NULL)
    add_address (builder, address, is_v6);
  if (address != NULL && gateway != NULL)
    add_route (builder, gateway, is_v6);
  json_builder_end_object (builder);
}

static void
add_networks (const DomuimgSeed *self, JsonBuilder *builder)
{
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgGuestNic *nic = g_ptr_array_index (self->nics, i);
      g_autofree char *link = g_strdup_printf ("eth%u", i);

      if (nic->address != NULL || nic->mode == DOMUIMG_GUEST_NIC_DHCP)
        add_network (builder, link, nic->address, nic->gateway, FALSE);
      if (nic->address6 != NULL)
        add_network (builder, link, nic->address6, nic->gateway6, TRUE);
    }
}

static void
add_services (const DomuimgSeed *self, JsonBuilder *builder)
{
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgGuestNic *nic = g_ptr_array_index (self->nics, i);

      for (guint j = 0; j < nic->dns->len; j++)
        {
          json_builder_begin_object (builder);
          domuimg_json_add_string (builder, "type", "dns");
          domuimg_json_add_string (builder, "address", g_ptr_array_index (nic->dns, j));
          json_builder_end_object (builder);
        }
    }
}

static char *
make_network_data (const DomuimgSeed *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "links");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->nics->len; i++)
    {
      const DomuimgGuestNic *nic = g_ptr_array_index (self->nics, i);
      g_autofree char *link = g_strdup_printf ("eth%u", i);

      add_link (builder, link, nic->mac);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "networks");
  json_builder_begin_array (builder);
  add_networks (self, builder);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "services");
  json_builder_begin_array (builder);
  add_services (self, builder);
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return to_text (builder);
}

/* A configuration is a member of an object there. */
static char *
wrap_vendor_data (const char *config)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "cloud-init", config);
  json_builder_end_object (builder);
  return to_text (builder);
}

gboolean
domuimg_seed_add_config_drive (DomuimgSeed *self, GError **error)
{
  g_autofree char *config = domuimg_seed_make_cloud_config (self);
  const DomuimgSeedSpec *spec = self->spec;
  gboolean has_meta, has_network, has_user, has_vendor;

  if (!domuimg_seed_add_file (self, LATEST "meta_data.json", spec->meta_data, &has_meta, error)
      || !domuimg_seed_add_file (self, LATEST "network_data.json", spec->network_config,
                                 &has_network, error)
      || !domuimg_seed_add_file (self, LATEST "user_data", spec->user_data, &has_user, error)
      || !domuimg_seed_add_file (self, LATEST "vendor_data.json", spec->vendor_data, &has_vendor,
                                 error))
    return FALSE;
  if (!has_meta)
    domuimg_seed_add_text (self, LATEST "meta_data.json", make_meta_data (self));
  if (!has_network && self->nics->len > 0)
    domuimg_seed_add_text (self, LATEST "network_data.json", make_network_data (self));
  if (!has_user)
    domuimg_seed_add_text (self, LATEST "user_data", g_steal_pointer (&config));
  if (!has_vendor && config != NULL)
    domuimg_seed_add_text (self, LATEST "vendor_data.json", wrap_vendor_data (config));
  return TRUE;
}
