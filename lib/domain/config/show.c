/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/config/file.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "domuimg/domain-config.h"
#include "lib/base/compare.h"
#include "lib/domain/model/device.h"

/* The model as JSON, which is also what two domains are compared by. */

#define MASK "***"

typedef struct {
  JsonBuilder *json;
  gboolean all; /* to be compared, not to be seen: with secrets */
} Writer;

static void
put (Writer *self, const char *name, const char *value)
{
  json_builder_set_member_name (self->json, name);
  if (value != NULL)
    json_builder_add_string_value (self->json, value);
  else
    json_builder_add_null_value (self->json);
}

static void
put_secret (Writer *self, const char *name, const char *value)
{
  put (self, name, value == NULL || self->all ? value : MASK);
}

static void
put_number (Writer *self, const char *name, gint64 value)
{
  json_builder_set_member_name (self->json, name);
  json_builder_add_int_value (self->json, value);
}

static void
put_flag (Writer *self, const char *name, gboolean value)
{
  json_builder_set_member_name (self->json, name);
  json_builder_add_boolean_value (self->json, value);
}

static void
begin (Writer *self, const char *name)
{
  json_builder_set_member_name (self->json, name);
  json_builder_begin_array (self->json);
}

/* @list may be NULL. */
static void
put_list (Writer *self, const char *name, char **list)
{
  begin (self, name);
  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    json_builder_add_string_value (self->json, list[i]);
  json_builder_end_array (self->json);
}

/* Carried text may hold a password: passwd="…" of an XML, vncpasswd=… of a list, and a disk in Ceph
 * the key of its user. */
static void
put_carried (Writer *self, const char *name, const char *value)
{
  gboolean hidden = value != NULL && !self->all && (strstr (value, "passw") != NULL || strstr (value, ":key=") != NULL);

  put (self, name, hidden ? MASK : value);
}

static void
put_guest (Writer *self, DomuimgDomain *domain)
{
  g_auto (GStrv) words = domuimg_domain_list_bootloader_words (domain);
  g_auto (GStrv) serials = domuimg_domain_list_serials (domain);

  put (self, "name", domain->name);
  /* Nobody is told one that is another at each reading; but it is what makes guests equal. */
  put (self, "uuid", domain->has_uuid || (self->all && !domain->whole) ? domain->uuid : NULL);
  put (self, "type", domuimg_guest_type_to_string (domain->type));
  put_number (self, "memory", (gint64) domain->memory << 20);
  put_number (self, "maxmem", (gint64) domain->maxmem << 20);
  put_number (self, "vcpus", domain->vcpus);
  put_number (self, "maxvcpus", domain->maxvcpus);
  put (self, "cpus", domain->cpus);
  put_list (self, "vcpu_cpus", domain->vcpu_cpus);
  put (self, "cpus_soft", domain->cpus_soft);
  put (self, "kernel", domain->kernel);
  put (self, "ramdisk", domain->ramdisk);
  put (self, "cmdline", domain->cmdline);
  put (self, "bootloader", domain->bootloader);
  put (self, "bootloader_args", domain->bootloader_args);
  put_list (self, "bootloader_words", words);
  put (self, "firmware", domain->firmware);
  put (self, "serial", domain->serial);
  put_list (self, "serials", serials);
  put (self, "on_poweroff", domain->on_poweroff);
  put (self, "on_reboot", domain->on_reboot);
  put (self, "on_crash", domain->on_crash);
}

static void
put_disk (Writer *self, const DomuimgDomainDisk *disk)
{
  json_builder_begin_object (self->json);
  put (self, "vdev", disk->vdev);
  put_carried (self, "target", disk->target);
  put (self, "format", disk->format);
  put (self, "backendtype", disk->backendtype);
  put_flag (self, "readonly", disk->readonly);
  put_flag (self, "cdrom", disk->cdrom);
  put (self, "options", disk->options);
  put_carried (self, "xml", disk->xml);
  json_builder_end_object (self->json);
}

static void
put_nic (Writer *self, const DomuimgDomain *domain, const DomuimgDomainNic *nic)
{
  json_builder_begin_object (self->json);
  put (self, "mac", domuimg_nic_written_mac (domain, nic));
  put (self, "bridge", nic->bridge);
  put (self, "network", nic->network);
  put (self, "ip", nic->ip);
  put (self, "script", nic->script);
  put (self, "model", nic->model);
  put (self, "vifname", nic->vifname);
  put (self, "rate", nic->rate);
  put (self, "options", nic->options);
  put_carried (self, "xml", nic->xml);
  json_builder_end_object (self->json);
}

static void
put_graphics (Writer *self, DomuimgDomain *domain)
{
  static const char *const names[] = { "none", "vnc", "sdl", "spice" };
  gboolean server = domain->graphics == DOMUIMG_GRAPHICS_VNC
                    || domain->graphics == DOMUIMG_GRAPHICS_SPICE;

  json_builder_set_member_name (self->json, "graphics");
  json_builder_begin_object (self->json);
  put (self, "type", names[domain->graphics]);
  put (self, "listen", server ? domuimg_domain_get_graphics_listen (domain) : NULL);
  put_number (self, "port", domain->graphics_port);
  put_secret (self, "password", domain->graphics_password);
  put_carried (self, "options", domain->graphics_options);
  put_carried (self, "xml", domain->graphics_xml);
  json_builder_end_object (self->json);
}

static void
put_device (Writer *self, DomuimgDomainDevice *device)
{
  g_auto (GStrv) names = domuimg_domain_device_list_options (device);

  json_builder_begin_object (self->json);
  put (self, "kind", domuimg_device_kind_to_string (domuimg_domain_device_get_kind (device)));
  for (guint i = 0; names[i] != NULL; i++)
    if (!g_str_equal (names[i], "kind"))
      put (self, names[i], domuimg_domain_device_get_option (device, names[i]));
  json_builder_end_object (self->json);
}

static void
put_devices (Writer *self, DomuimgDomain *domain)
{
  begin (self, "disks");
  for (guint i = 0; i < domain->disks->len; i++)
    put_disk (self, g_ptr_array_index (domain->disks, i));
  json_builder_end_array (self->json);
  begin (self, "nics");
  for (guint i = 0; i < domain->nics->len; i++)
    put_nic (self, domain, g_ptr_array_index (domain->nics, i));
  json_builder_end_array (self->json);
  put_graphics (self, domain);
  begin (self, "devices");
  for (guint kind = 0; kind < DOMUIMG_N_DEVICE_KINDS; kind++)
    for (guint i = 0; i < domain->devices->len; i++)
      if (domuimg_domain_device_get_kind (g_ptr_array_index (domain->devices, i)) == kind)
        put_device (self, g_ptr_array_index (domain->devices, i));
  json_builder_end_array (self->json);
}

static void
put_carried_along (Writer *self, DomuimgDomain *domain)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();

  for (guint i = 0; i < domain->extra->len; i++)
    g_ptr_array_add (keys, ((DomuimgDomainExtra *) domain->extra->pdata[i])->key);
  g_ptr_array_sort (keys, domuimg_compare_strings);
  json_builder_set_member_name (self->json, "extra");
  json_builder_begin_object (self->json);
  for (guint i = 0; i < keys->len; i++)
    put_carried (self, keys->pdata[i], domuimg_domain_get_extra (domain, keys->pdata[i]));
  json_builder_end_object (self->json);
  begin (self, "xml");
  for (guint i = 0; i < domain->foreign->len; i++)
    {
      const DomuimgDomainForeign *foreign = g_ptr_array_index (domain->foreign, i);

      json_builder_begin_object (self->json);
      put (self, "parent", foreign->parent);
      put_carried (self, "element", foreign->xml);
      json_builder_end_object (self->json);
    }
  json_builder_end_array (self->json);
}

static char *
to_json (DomuimgDomain *domain, gboolean all)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  Writer writer = { builder, all };
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  put_guest (&writer, domain);
  put_devices (&writer, domain);
  put_carried_along (&writer, domain);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

/**
 * domuimg_domain_to_json:
 * @self: a domain
 *
 * All of the model as a JSON object: the setters' names (`memory` and `maxmem` in bytes), `disks`,
 * `nics`, `graphics`, `devices`, and what is carried for one format only, as `extra` (keys of xl.cfg) and `xml` (elements).
 * Passwords are shown as `***`; a UUID that was not given, and is a random one, is null.
 *
 * Returns: (transfer full): the text
 *
 * Since: 0.1
 */
char *
domuimg_domain_to_json (DomuimgDomain *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  return to_json (self, FALSE);
}

/**
 * domuimg_domain_equal:
 * @self: a domain
 * @other: another
 *
 * Returns: whether both describe the same guest, in every detail and with the same passwords
 *
 * Since: 0.1
 */
gboolean
domuimg_domain_equal (DomuimgDomain *self, DomuimgDomain *other)
{
  g_autofree char *first = NULL, *second = NULL;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self) && DOMUIMG_IS_DOMAIN (other), FALSE);
  first = to_json (self, TRUE);
  second = to_json (other, TRUE);
  return g_str_equal (first, second);
}

static void
show_number (GString *out, const char *name, gint64 value, const char *indent)
{
  gboolean size = g_str_equal (name, "memory") || g_str_equal (name, "maxmem");

  g_string_append_printf (out, "%s%s: %" G_GINT64_FORMAT "%s\n", indent, name,
                          size ? value >> 20 : value, size ? " MiB" : "");
}

static void show_member (GString *out, const char *name, JsonNode *node, const char *indent);

static void
show_object (GString *out, JsonObject *object, const char *indent)
{
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *at = names; at != NULL; at = at->next)
    show_member (out, at->data, json_object_get_member (object, at->data), indent);
}

/* "name: value" for what is set; lists as "name:" with what is in them below it. */
static void
show_member (GString *out, const char *name, JsonNode *node, const char *indent)
{
  g_autofree char *deeper = g_strconcat (indent, "  ", NULL);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (JSON_NODE_HOLDS_NULL (node))
    return;
  if (JSON_NODE_HOLDS_OBJECT (node) && json_object_get_size (json_node_get_object (node)) > 0)
    {
      g_string_append_printf (out, "%s%s:\n", indent, name);
      show_object (out, json_node_get_object (node), deeper);
    }
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    show_member (out, name, json_array_get_element (array, i), indent);
  if (!JSON_NODE_HOLDS_VALUE (node))
    return;
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    g_string_append_printf (out, "%s%s: %s\n", indent, name, json_node_get_string (node));
  else if (json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    g_string_append_printf (out, "%s%s: %s\n", indent, name,
                            json_node_get_boolean (node) ? "yes" : "no");
  else if (json_node_get_int (node) != 0)
    show_number (out, name, json_node_get_int (node), indent);
}

/**
 * domuimg_domain_to_text:
 * @self: a domain
 *
 * What domuimg_domain_to_json() says, for people: a line for each value that is set. Passwords
 * are shown as `***`.
 *
 * Returns: (transfer full): the text
 *
 * Since: 0.1
 */
char *
domuimg_domain_to_text (DomuimgDomain *self)
{
  g_autofree char *json = NULL;
  g_autoptr (JsonNode) root = NULL;
  GString *out;

  g_return_val_if_fail (DOMUIMG_IS_DOMAIN (self), NULL);
  json = to_json (self, FALSE);
  root = json_from_string (json, NULL);
  out = g_string_new (NULL);
  show_object (out, json_node_get_object (root), "");
  return g_string_free (out, FALSE);
}
