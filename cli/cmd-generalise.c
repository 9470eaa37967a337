/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg generalise`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static void
print_json (const char *image, char **changes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_add_string (builder, "image", image);
  cli_json_add_lines (builder, "changes", changes);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
generalise (const char *image, const char *identity, gboolean json)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (GStrv) changes = NULL;
  g_autoptr (GError) error = NULL;

  cli_signals_cancel (cancellable);
  changes = domuimg_generalise (image, identity, cancellable, &error);
  if (changes == NULL)
    return cli_report (error);
  if (json)
    print_json (image, changes);
  else
    cli_print_done (changes, FALSE);
  return CLI_DONE;
}

int
cli_generalise (int argc, char **argv)
{
  gboolean json = FALSE;
  g_autofree char *identity = NULL;
  const GOptionEntry entries[] = {
    { "identity", 0, 0, G_OPTION_ARG_STRING, &identity,
      "cleaners to be on, or with - before off; none, all; “list” prints them", "CLEANER,-CLEANER" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was changed as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("IMAGE");
  g_autofree char *cleaners = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Takes out of a guest's image what tells whose it was, so that"
                                         " clones can be made of it.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (g_strcmp0 (identity, "list") == 0)
    {
      cleaners = domuimg_clone_describe_identity ();
      g_print ("%s", cleaners);
      return CLI_DONE;
    }
  if (argc != 2)
    return cli_usage ("usage: domuimg generalise IMAGE [--identity CLEANER,-CLEANER] [--json]");
  return generalise (argv[1], identity, json);
}
