/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg rebuild`. */
#include "config.h"
#include "cli/cmd-guest.h"
#include "cli/json-out.h"

static int
show_plan (DomuimgRebuild *rebuild, gboolean json, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = domuimg_rebuild_plan (rebuild, cancellable, &error);
  g_auto (GStrv) lines = NULL;

  if (text == NULL)
    return cli_report (error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  cli_print_plan (lines, json);
  return CLI_DONE;
}

static int
rebuild_guest (DomuimgRebuild *rebuild, const char *mode, gboolean json, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgProgress) progress = domuimg_progress_new ();
  g_autoptr (CliProgress) shown = cli_progress_new (progress, mode);
  gboolean done = domuimg_rebuild_run (rebuild, progress, cancellable, &error);
  g_autofree char *text = NULL;

  g_clear_pointer (&shown, cli_progress_free);
  if (!done)
    return cli_report (error);
  text = json ? domuimg_rebuild_to_json (rebuild) : domuimg_rebuild_to_text (rebuild);
  cli_print_text (text, json);
  return CLI_DONE;
}

int
cli_rebuild (int argc, char **argv)
{
  g_autofree char *dir = NULL, *backend_name = NULL, *connect = NULL, *password = NULL, *mode = NULL;
  gboolean json = FALSE, dry_run = FALSE, allow = FALSE;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "directory that the guest was made in", "DIR" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "say what would be made", NULL },
    { "root-password-file", 0, 0, G_OPTION_ARG_FILENAME, &password,
      "file with root's password, where that which it was made with is gone; - is standard input", "FILE" },
    { "allow-unbootable", 0, 0, G_OPTION_ARG_NONE, &allow,
      "replace the guest even if a check says that the new one will not boot", NULL },
    CLI_BACKEND_OPTIONS (&backend_name, &connect, "what it may run by"),
    { "progress", 0, 0, G_OPTION_ARG_STRING, &mode, "auto, bar, lines, json or none", "MODE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was made as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgRebuild) rebuild = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgBackend backend;
  int status = CLI_DONE;

  g_option_context_set_summary (context,
                                "Makes a guest again from its manifest; its further disks stay as they are.\n"
                                "GUEST is its name, or the path of its configuration or manifest.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg rebuild GUEST [OPTION…]");
  if (mode != NULL && !cli_progress_is_mode (mode))
    return cli_usage ("--progress takes auto, bar, lines, json or none");
  if (!cli_choose_backend (backend_name, connect, &backend, &error))
    return cli_report (error);
  cli_signals_cancel (cancellable);
  rebuild = domuimg_rebuild_new (argv[1], dir);
  domuimg_rebuild_set_backend (rebuild, backend);
  domuimg_rebuild_set_connect (rebuild, connect);
  domuimg_rebuild_set_root_password_file (rebuild, password);
  domuimg_rebuild_set_allow_unbootable (rebuild, allow);
  return dry_run ? show_plan (rebuild, json, cancellable)
                 : rebuild_guest (rebuild, mode != NULL ? mode : "auto", json, cancellable);
}
