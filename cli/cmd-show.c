/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg show`. */
#include "config.h"
#include "cli/cmd-guest.h"

int
cli_show (int argc, char **argv)
{
  g_autofree char *dir = NULL;
  g_autofree char *backend_name = NULL;
  g_autofree char *connect = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "directory that the guest was made in", "DIR" },
    { "backend", 0, 0, G_OPTION_ARG_STRING, &backend_name,
      "what it may run by: libxl (default) or libvirt", "BACKEND" },
    { "connect", 0, 0, G_OPTION_ARG_STRING, &connect,
      "libvirt's URI (default xen:///system); means --backend libvirt", "URI" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgShow) guest = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  DomuimgBackend backend;
  int status = CLI_DONE;

  g_option_context_set_summary (context,
                                "Shows all that is known of a guest that was made here.\n"
                                "GUEST is its name, or the path of its configuration or manifest.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg show GUEST [OPTION…]");
  cli_signals_cancel (cancellable);
  if (cli_choose_backend (backend_name, connect, &backend, &error))
    guest = domuimg_show_run (argv[1], dir, backend, connect, cancellable, &error);
  if (guest == NULL)
    return cli_report (error);
  text = json ? domuimg_show_to_json (guest) : domuimg_show_to_text (guest);
  g_print ("%s%s", text, json ? "\n" : "");
  return CLI_DONE;
}
