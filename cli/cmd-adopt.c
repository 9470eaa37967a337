/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg adopt: a manifest for a guest that was made elsewhere. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static int
print_plan (const char *guest, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = domuimg_adopt_plan (guest, cancellable, &error);

  if (text == NULL)
    return cli_report (error);
  cli_print_text (text, TRUE);
  return CLI_DONE;
}

static int
adopt (const char *guest, gboolean force, gboolean json, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = domuimg_adopt (guest, force, cancellable, &error);
  g_autofree char *text = NULL;

  if (path == NULL)
    return cli_report (error);
  if (!json)
    {
      g_print ("wrote %s\n", path);
      return CLI_DONE;
    }
  if (!g_file_get_contents (path, &text, NULL, &error))
    return cli_report (error);
  cli_print_text (text, TRUE);
  return CLI_DONE;
}

int
cli_adopt (int argc, char **argv)
{
  gboolean force = FALSE, dry_run = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, "replace a manifest that is there", NULL },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run, "print the manifest and write nothing", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print the manifest, as it is JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  int status = CLI_DONE;

  g_option_context_set_summary (
      context, "Writes a manifest for a guest that was made elsewhere, so that list, delete and\n"
               "kernel update know what is its own. Nothing of the guest is changed.\n"
               "GUEST is the path of its xl.cfg, or its name.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg adopt GUEST [--force] [--dry-run] [--json]");
  cli_signals_cancel (cancellable);
  return dry_run ? print_plan (argv[1], cancellable) : adopt (argv[1], force, json, cancellable);
}
