/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verb that consists of actions: “domuimg VERB ACTION [OPTION…]”. */
#include "config.h"
#include "cli/cli.h"
#include "cli/suggest.h"

static int
usage (const char *verb, const CliAction *actions, gboolean asked)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; actions[i].name != NULL; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? "|" : "", actions[i].name);
  if (!asked)
    return cli_usage ("usage: domuimg %s %s; --help explains them", verb, names->str);
  g_print ("Usage:\n  domuimg %s ACTION [OPTION…]\n\nActions:\n", verb);
  for (guint i = 0; actions[i].name != NULL; i++)
    g_print ("  %-8s %s\n", actions[i].name, actions[i].help);
  g_print ("\n“domuimg %s ACTION --help” lists an action's options.\n", verb);
  return CLI_DONE;
}

static int
unknown_action (const char *verb, const CliAction *actions, const char *word)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *meant;

  for (guint i = 0; actions[i].name != NULL; i++)
    g_ptr_array_add (names, (char *) actions[i].name);
  g_ptr_array_add (names, NULL);
  meant = cli_suggest (word, (const char *const *) names->pdata);
  return meant != NULL ? cli_usage ("domuimg %s: “%s” is not an action; did you mean %s?", verb, word, meant)
                       : cli_usage ("domuimg %s: “%s” is not an action; domuimg %s --help lists them", verb,
                                    word, verb);
}

int
cli_run_action (const char *verb, const CliAction *actions, int argc, char **argv)
{
  if (argc < 2)
    return usage (verb, actions, FALSE);
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    return usage (verb, actions, TRUE);
  for (guint i = 0; actions[i].name != NULL; i++)
    if (g_str_equal (argv[1], actions[i].name))
      {
        g_autofree char *program = g_strdup_printf ("domuimg %s %s", verb, actions[i].name);

        g_set_prgname (program);
        return actions[i].run (argc - 1, argv + 1);
      }
  return unknown_action (verb, actions, argv[1]);
}
