/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg rename`. */
#include "config.h"
#include "cli/cmd-guest.h"

int
cli_rename (int argc, char **argv)
{
  g_autofree char *dir = NULL;
  g_autofree char *backend_name = NULL;
  g_autofree char *connect = NULL;
  gboolean json = FALSE, dry_run = FALSE;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "directory that the guest was made in", "DIR" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "say what would be renamed", NULL },
    CLI_BACKEND_OPTIONS (&backend_name, &connect, "what it may run by"),
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST NAME");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgRenameFlags flags;
  DomuimgBackend backend;
  int status = CLI_DONE;

  g_option_context_set_summary (context,
                                "Gives a guest that is shut down another name, with its files.\n"
                                "GUEST is its name, or the path of its configuration or manifest.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 3)
    return cli_usage ("usage: domuimg rename GUEST NAME [OPTION…]");
  flags = dry_run ? DOMUIMG_RENAME_DRY_RUN : DOMUIMG_RENAME_NONE;
  cli_signals_cancel (cancellable);
  if (cli_choose_backend (backend_name, connect, &backend, &error))
    lines = domuimg_rename_guest (argv[1], dir, argv[2], backend, connect, flags, cancellable, &error);
  if (lines == NULL)
    return cli_report (error);
  if (dry_run)
    cli_print_plan (lines, json);
  else
    cli_print_done (lines, json);
  return CLI_DONE;
}
