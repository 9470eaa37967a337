/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of guests for other programs: JSON, ansible's inventories, and hosts(5). */
#include "config.h"
#include "lib/life/inventory.h"

#include <string.h>

#include "lib/base/json.h"

static void
add_made (JsonBuilder *builder, const DomuimgListed *guest)
{
  domuimg_json_add_string (builder, "manifest", guest->made != NULL ? guest->made->path : NULL);
  domuimg_json_add_string (builder, "made",
                           guest->made != NULL ? guest->made->manifest->made : NULL);
  json_builder_set_member_name (builder, "disk_usage");
  if (guest->made != NULL)
    json_builder_add_int_value (builder, (gint64) guest->disk_usage);
  else
    json_builder_add_null_value (builder);
  domuimg_json_add_string (builder, "base", guest->base);
  domuimg_json_add_string (builder, "base_guest", guest->parent != NULL ? guest->parent->name : NULL);
  domuimg_json_add_string (builder, "address", domuimg_listed_get_address (guest));
}

static void
add_guest (JsonBuilder *builder, const DomuimgListed *guest)
{
  json_builder_begin_object (builder);
  domuimg_json_add_string (builder, "name", guest->name);
  domuimg_json_add_string (builder, "uuid", guest->uuid);
  domuimg_json_add_int (builder, "domid", guest->domid);
  domuimg_json_add_string (builder, "state", domuimg_guest_state_to_string (guest->state));
  domuimg_json_add_string (builder, "type",
                           guest->type != DOMUIMG_GUEST_TYPE_AUTO
                               ? domuimg_guest_type_to_string (guest->type)
                               : NULL);
  domuimg_json_add_mib (builder, "memory", guest->memory);
  domuimg_json_add_int (builder, "vcpus", guest->vcpus);
  domuimg_json_add_string (builder, "config", guest->config);
  json_builder_set_member_name (builder, "autostart");
  json_builder_add_boolean_value (builder, guest->autostart);
  add_made (builder, guest);
  json_builder_end_object (builder);
}

char *
domuimg_inventory_to_json (const DomuimgInventory *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "guests");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->guests->len; i++)
    add_guest (builder, g_ptr_array_index (self->guests, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}

/* A colon would begin a port there, and an @ a user. */
static char *
make_host (const char *name)
{
  return g_strdelimit (g_strdup (name), ":@", '_');
}

static void
append_variable (GString *text, const char *name, const char *value)
{
  g_autofree char *quoted = value != NULL ? g_shell_quote (value) : NULL;

  if (quoted != NULL)
    g_string_append_printf (text, " %s=%s", name, quoted);
}

static void
append_host (const DomuimgListed *guest, GString *text)
{
  g_autofree char *host = make_host (guest->name);

  g_string_append (text, host);
  append_variable (text, "ansible_host", domuimg_listed_get_address (guest));
  append_variable (text, "domuimg_name", guest->name);
  append_variable (text, "domuimg_uuid", guest->uuid);
  append_variable (text, "domuimg_config", guest->config);
  append_variable (text, "domuimg_manifest", guest->made != NULL ? guest->made->path : NULL);
  g_string_append_c (text, '\n');
}

/* A group for each state that any of them has. */
static void
append_states (const DomuimgInventory *self, GString *text)
{
  for (DomuimgGuestState state = DOMUIMG_GUEST_STATE_OFF; state <= DOMUIMG_GUEST_STATE_DYING; state++)
    {
      gboolean any = FALSE;

      for (guint i = 0; i < self->guests->len; i++)
        {
          const DomuimgListed *guest = g_ptr_array_index (self->guests, i);
          g_autofree char *host = make_host (guest->name);

          if (guest->state != state)
            continue;
          if (!any)
            g_string_append_printf (text, "\n[domuimg_%s]\n", domuimg_guest_state_to_string (state));
          any = TRUE;
          g_string_append_printf (text, "%s\n", host);
        }
    }
}

char *
domuimg_inventory_to_ansible (const DomuimgInventory *self)
{
  GString *text = g_string_new ("[domuimg]\n");

  for (guint i = 0; i < self->guests->len; i++)
    append_host (g_ptr_array_index (self->guests, i), text);
  append_states (self, text);
  return g_string_free (text, FALSE);
}

char *
domuimg_inventory_to_hosts (const DomuimgInventory *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->guests->len; i++)
    {
      const DomuimgListed *guest = g_ptr_array_index (self->guests, i);
      const char *address = domuimg_listed_get_address (guest);
      g_autofree char *name = domuimg_listed_get_hostname (guest);
      gsize length = strcspn (name, ".");

      if (address == NULL)
        continue;
      g_string_append_printf (text, "%s %s", address, name);
      if (name[length] != '\0')
        g_string_append_printf (text, " %.*s", (int) length, name);
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}
