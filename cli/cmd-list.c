/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg list`. */
#include "config.h"
#include "cli/cmd-guest.h"
#include "cli/json-out.h"

gboolean
cli_choose_backend (const char *backend, const char *connect, DomuimgBackend *chosen,
                    GError **error)
{
  *chosen = connect != NULL ? DOMUIMG_BACKEND_LIBVIRT : DOMUIMG_BACKEND_LIBXL;
  return backend == NULL || domuimg_backend_from_string (backend, chosen, error);
}

/* NULL where it is not known. */
static const char *
kind_of (DomuimgHostGuest *guest)
{
  DomuimgGuestType type = domuimg_host_guest_get_guest_type (guest);

  return type != DOMUIMG_GUEST_TYPE_AUTO ? domuimg_guest_type_to_string (type) : NULL;
}

static void
add_number (JsonBuilder *builder, const char *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

void
cli_json_add_guest (JsonBuilder *builder, gpointer item)
{
  DomuimgHostGuest *guest = item;

  json_builder_begin_object (builder);
  cli_json_add_string (builder, "name", domuimg_host_guest_get_name (guest));
  cli_json_add_string (builder, "uuid", domuimg_host_guest_get_uuid (guest));
  add_number (builder, "domid", domuimg_host_guest_get_domid (guest));
  cli_json_add_string (builder, "state",
                       domuimg_guest_state_to_string (domuimg_host_guest_get_state (guest)));
  cli_json_add_string (builder, "type", kind_of (guest));
  add_number (builder, "memory", (gint64) domuimg_host_guest_get_memory (guest) << 20);
  add_number (builder, "vcpus", domuimg_host_guest_get_vcpus (guest));
  cli_json_add_string (builder, "config", domuimg_host_guest_get_config (guest));
  cli_json_add_flag (builder, "autostart", domuimg_host_guest_get_autostart (guest));
  json_builder_end_object (builder);
}

static gboolean
choose_format (const char *name, gboolean json, DomuimgInventoryFormat *format, GError **error)
{
  *format = json ? DOMUIMG_INVENTORY_FORMAT_JSON : DOMUIMG_INVENTORY_FORMAT_TEXT;
  return name == NULL || domuimg_inventory_format_from_string (name, format, error);
}

/* Names may be of others' configurations. */
static void
print_plain (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      g_print ("%s\n", plain);
    }
}

/* A line each on standard error; the list goes on. */
static void
print_list (DomuimgInventory *guests, DomuimgInventoryFormat format)
{
  g_auto (GStrv) problems = domuimg_inventory_list_problems (guests);
  g_autofree char *text = domuimg_inventory_write (guests, format);

  cli_print_lines (problems, "domuimg: ");
  if (format == DOMUIMG_INVENTORY_FORMAT_JSON)
    cli_print_text (text, TRUE);
  else
    print_plain (text);
}

int
cli_list (int argc, char **argv)
{
  g_autofree char *dir = NULL;
  g_autofree char *backend_name = NULL;
  g_autofree char *connect = NULL;
  g_autofree char *format_name = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "only guests that were made in this directory", "DIR" },
    CLI_BACKEND_OPTIONS (&backend_name, &connect, "whose guests"),
    { "format", 0, 0, G_OPTION_ARG_STRING, &format_name,
      "text (default), json, inventory (ansible's) or hosts (as in /etc/hosts)", "FORMAT" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgInventory) guests = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgInventoryFormat format;
  DomuimgBackend backend;
  int status = CLI_DONE;

  g_option_context_set_summary (context,
                                "Lists the guests that were made here, those that run, and those in /etc/xen.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage ("list takes no argument such as “%s”", argv[1]);
  cli_signals_cancel (cancellable);
  if (cli_choose_backend (backend_name, connect, &backend, &error)
      && choose_format (format_name, json, &format, &error))
    guests = domuimg_inventory_load (dir, backend, connect, cancellable, &error);
  if (guests == NULL)
    return cli_report (error);
  print_list (guests, format);
  return CLI_DONE;
}
