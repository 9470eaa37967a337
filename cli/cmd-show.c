/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg show`. */
#include "config.h"
#include "cli/cmd-guest.h"
#include "cli/json-out.h"

/* The exit status says whether anything is missing. */
static int
show_files (DomuimgShow *guest, const char *why, const char *missing, gboolean json)
{
  g_autofree char *trace = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  if (why != NULL)
    lines = domuimg_show_explain_file (guest, why, &error);
  else if (g_file_get_contents (missing, &trace, NULL, &error))
    lines = domuimg_show_list_missing (guest, trace, &error);
  if (lines == NULL)
    return cli_report (error);
  cli_print_done (lines, json);
  return why == NULL && lines[0] != NULL ? CLI_FAILED : CLI_DONE;
}

int
cli_show (int argc, char **argv)
{
  g_autofree char *dir = NULL;
  g_autofree char *backend_name = NULL;
  g_autofree char *connect = NULL;
  g_autofree char *why = NULL;
  g_autofree char *missing = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "directory that the guest was made in", "DIR" },
    CLI_BACKEND_OPTIONS (&backend_name, &connect, "what it may run by"),
    { "why", 0, 0, G_OPTION_ARG_STRING, &why,
      "say why a file is in a guest of one application", "PATH" },
    { "missing", 0, 0, G_OPTION_ARG_FILENAME, &missing,
      "list what the run of a trace file has opened and the guest does not have", "FILE" },
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
  if (why != NULL || missing != NULL)
    return show_files (guest, why, missing, json);
  text = json ? domuimg_show_to_json (guest) : domuimg_show_to_text (guest);
  cli_print_text (text, json);
  return CLI_DONE;
}
