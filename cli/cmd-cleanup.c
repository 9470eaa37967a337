/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg cleanup`. */
#include "config.h"
#include "cli/cli.h"

/* What a script needs to know, whatever @lines say. */
static gboolean
is_all_finished (char **lines, GError **error)
{
  g_auto (GStrv) left = domuimg_cleanup_list_unfinished (error);
  g_autofree char *ids = NULL;
  g_autofree char *details = NULL;

  if (left == NULL || left[0] == NULL)
    return left != NULL;
  ids = g_strjoinv (", ", left);
  details = g_strjoinv ("\n", lines);
  g_set_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_FAILED,
               "not everything could be finished: %s; run this again later, or give one up with"
               " --discard ID, which leaves its files as they are\n%s",
               ids, details);
  return FALSE;
}

static int
report (char **lines, gboolean dry_run, gboolean discard, gboolean json)
{
  g_autoptr (GError) error = NULL;
  gboolean finished = dry_run || discard || is_all_finished (lines, &error);

  /* JSON is one document: the error, which has the lines, or what was done. */
  if (json && !finished)
    return cli_report (error);
  if (dry_run)
    cli_print_plan (lines, json);
  else
    cli_print_done (lines, json);
  if (!json && lines[0] == NULL)
    g_print ("nothing to do\n");
  return finished ? CLI_DONE : cli_report (error);
}

int
cli_cleanup (int argc, char **argv)
{
  g_autofree char *discard = NULL;
  gboolean dry_run = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "print what would be done", NULL },
    { "discard", 0, 0, G_OPTION_ARG_STRING, &discard,
      "give up one that cannot be finished: its files stay as they are", "ID" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Removes what was left by what was killed, or gives "
                                         "finished results their names.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage ("cleanup takes no argument such as “%s”", argv[1]);
  if (discard != NULL && dry_run)
    return cli_usage ("--discard does not go with --dry-run");
  lines = discard != NULL ? domuimg_cleanup_discard (discard, &error)
                          : domuimg_cleanup (dry_run, NULL, &error);
  if (lines == NULL)
    return cli_report (error);
  return report (lines, dry_run, discard != NULL, json);
}
