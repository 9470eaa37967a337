/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg kernel update`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static int
update (const char *name, const char *dir, gboolean dry_run, gboolean json)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgKernelUpdate) done = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  cli_signals_cancel (cancellable);
  done = domuimg_kernel_update_run (name, dir, dry_run, cancellable, &error);
  if (done == NULL)
    return cli_report (error);
  text = json ? domuimg_kernel_update_to_json (done) : domuimg_kernel_update_to_text (done);
  cli_print_text (text, json);
  return CLI_DONE;
}

int
cli_kernel_update (int argc, char **argv)
{
  gboolean dry_run = FALSE, json = FALSE;
  g_autofree char *dir = NULL;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "directory that the guest was made in", "DIR" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "print what would be done", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST");
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Copies a guest's own kernel and initramfs out again, "
                                         "after the guest has upgraded them.\n"
                                         "GUEST is its name, or the path of its configuration or"
                                         " manifest.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg kernel update GUEST [--dir DIR] [--dry-run] [--json]");
  return update (argv[1], dir, dry_run, json);
}
