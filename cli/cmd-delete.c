/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg delete`. */
#include "config.h"
#include "cli/cmd-guest.h"

#include <stdio.h>
#include <unistd.h>

static int
show_plan (const char *name, gboolean disks, gboolean json)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = domuimg_host_plan_delete (name, disks, &error);

  if (lines == NULL)
    return cli_report (error);
  cli_print_plan (lines, json);
  return CLI_DONE;
}

/* Where it is not, or cannot be asked, *@status is the exit status. */
static gboolean
is_confirmed (const char *name, gboolean disks, int *status)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = domuimg_host_plan_delete (name, disks, &error);
  char answer[16];

  if (lines == NULL)
    {
      *status = cli_report (error);
      return FALSE;
    }
  cli_print_lines (lines, "");
  g_printerr ("Go on? [y/N] ");
  if (fgets (answer, sizeof answer, stdin) != NULL && (*answer == 'y' || *answer == 'Y'))
    return TRUE;
  g_printerr ("domuimg: nothing is removed\n");
  *status = CLI_FAILED;
  return FALSE;
}

int
cli_delete (int argc, char **argv)
{
  g_autofree char *backend_name = NULL;
  g_autofree char *connect = NULL;
  gboolean disks = FALSE, json = FALSE, yes = FALSE, dry_run = FALSE;
  int timeout = -1;
  const GOptionEntry entries[] = {
    { "disks", 0, 0, G_OPTION_ARG_NONE, &disks,
      "remove the disks, too, that the guest was made with", NULL },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "say what would go and what would stay", NULL },
    { "yes", 'y', 0, G_OPTION_ARG_NONE, &yes, "do not ask, on a terminal either", NULL },
    CLI_BACKEND_OPTIONS (&backend_name, &connect, "what it may run by"),
    { "timeout", 0, 0, G_OPTION_ARG_INT, &timeout,
      "shut it down, if it runs, and after so long end it by force", "SECONDS" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgBackend backend;
  int status = CLI_DONE;

  g_option_context_set_summary (
      context, "Removes a guest's configuration and what else was made for it.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (timeout < -1)
    return cli_usage ("--timeout takes a number of seconds");
  if (argc != 2)
    return cli_usage ("usage: domuimg delete NAME [OPTION…]");
  if (dry_run)
    return show_plan (argv[1], disks, json);
  if (!yes && isatty (STDIN_FILENO) && isatty (STDERR_FILENO) && !is_confirmed (argv[1], disks, &status))
    return status;
  cli_signals_cancel (cancellable);
  if (cli_choose_backend (backend_name, connect, &backend, &error))
    lines = domuimg_host_delete_guest (argv[1], backend, connect, disks,
                                       timeout < 0 ? DOMUIMG_DELETE_NOT_RUNNING : (guint) timeout,
                                       cancellable, &error);
  if (lines == NULL)
    return cli_report (error);
  cli_print_done (lines, json);
  return CLI_DONE;
}
