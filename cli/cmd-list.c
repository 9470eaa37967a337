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

static void
print_text (GPtrArray *guests)
{
  if (guests->len > 0)
    g_print ("%-24s %5s %-9s %-4s %8s %5s  %s\n", "NAME", "ID", "STATE", "TYPE", "MEMORY", "VCPUS",
             "CONFIG");
  for (guint i = 0; i < guests->len; i++)
    {
      DomuimgHostGuest *guest = g_ptr_array_index (guests, i);
      int domid = domuimg_host_guest_get_domid (guest);
      g_autofree char *id = domid >= 0 ? g_strdup_printf ("%d", domid) : g_strdup ("-");
      const char *kind = kind_of (guest);
      const char *state = domuimg_guest_state_to_string (domuimg_host_guest_get_state (guest));
      const char *config = domuimg_host_guest_get_config (guest);
      g_autofree char *line = g_strdup_printf (
          "%-24s %5s %-9s %-4s %4u MiB %5u  %s%s", domuimg_host_guest_get_name (guest), id,
          state, kind != NULL ? kind : "",
          domuimg_host_guest_get_memory (guest), domuimg_host_guest_get_vcpus (guest),
          config != NULL ? config : "",
          domuimg_host_guest_get_autostart (guest) ? " (autostart)" : "");
      g_autofree char *plain = cli_plain (line);

      g_print ("%s\n", plain);
    }
}

int
cli_list (int argc, char **argv)
{
  g_autofree char *backend_name = NULL;
  g_autofree char *connect = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "backend", 0, 0, G_OPTION_ARG_STRING, &backend_name,
      "whose guests: libxl (default) or libvirt", "BACKEND" },
    { "connect", 0, 0, G_OPTION_ARG_STRING, &connect,
      "libvirt's URI (default xen:///system); means --backend libvirt", "URI" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) guests = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgBackend backend;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Lists the guests that run, and those in /etc/xen.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage ("list takes no argument such as “%s”", argv[1]);
  cli_signals_cancel (cancellable);
  if (cli_choose_backend (backend_name, connect, &backend, &error))
    guests = domuimg_host_list_guests (backend, connect, cancellable, &error);
  if (guests == NULL)
    return cli_report (error);
  if (json)
    cli_json_print_items ("guests", guests, cli_json_add_guest);
  else
    print_text (guests);
  return CLI_DONE;
}
