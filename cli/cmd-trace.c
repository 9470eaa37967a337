/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg trace`. */
#include "config.h"
#include "cli/cmd-guest.h"

/* The first line of a trace file is a comment. */
static void
print_paths (const char *text, gboolean json)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", 2);
  g_auto (GStrv) paths = g_strsplit (g_strchomp (lines[1]), "\n", -1);

  if (json)
    cli_print_done (paths, TRUE);
  else
    g_print ("%s", text);
}

int
cli_trace (int argc, char **argv)
{
  g_autofree char *output = NULL;
  g_auto (GStrv) environment = NULL;
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, "file for the paths [standard output]", "FILE" },
    { "env", 0, 0, G_OPTION_ARG_STRING_ARRAY, &environment, "variable of its environment", "NAME=VALUE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print the paths as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("-- COMMAND…");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;
  guint first = 1;

  g_option_context_set_summary (context,
                                "Runs a program once and writes which files it has opened, for\n"
                                "create --trace-file and show --missing. End a server with Ctrl-C.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_strict_posix (context, TRUE);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1 && g_str_equal (argv[1], "--"))
    first++;
  if (argv[first] == NULL)
    return cli_usage ("usage: domuimg trace [OPTION…] -- COMMAND…");
  cli_signals_cancel (cancellable);
  text = domuimg_trace_run ((const char *const *) argv + first, (const char *const *) environment,
                            NULL, cancellable, &error);
  if (text != NULL && output == NULL)
    print_paths (text, json);
  if (text == NULL || (output != NULL && !g_file_set_contents (output, text, -1, &error)))
    return cli_report (error);
  return CLI_DONE;
}
