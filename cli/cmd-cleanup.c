/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg cleanup`. */
#include "config.h"
#include "cli/cli.h"

int
cli_cleanup (int argc, char **argv)
{
  gboolean dry_run = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "print what would be done", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Removes what builds left that were killed, or gives "
                                         "finished results their names.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage ("cleanup takes no argument such as “%s”", argv[1]);
  lines = domuimg_cleanup (dry_run, NULL, &error);
  if (lines == NULL)
    return cli_report (error);
  if (json)
    cli_print_json_lines (lines);
  for (guint i = 0; !json && lines[i] != NULL; i++)
    g_print ("%s\n", lines[i]);
  if (!json && lines[0] == NULL)
    g_print ("nothing to do\n");
  return CLI_DONE;
}
