/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/cli.h"

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
  const char *help;
} actions[] = {
  { "inspect", cli_kernel_inspect, "what a kernel, or each kernel of an image, can be started as" },
  { "list", cli_kernel_list, "the kernels of this host or of an image, and what belongs to them" },
  { "update", cli_kernel_update, "copy a guest's upgraded kernel out of its image again" },
};

static int
usage (gboolean asked)
{
  g_autoptr (GString) text
      = g_string_new ("Usage:\n  domuimg kernel ACTION [OPTION…]\n\nActions:\n");

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    g_string_append_printf (text, "  %-8s %s\n", actions[i].name, actions[i].help);
  if (!asked)
    return cli_usage ("usage: domuimg kernel inspect|list|update; --help explains them");
  g_print ("%s\n“domuimg kernel ACTION --help” lists an action's options.\n", text->str);
  return CLI_DONE;
}

int
cli_kernel (int argc, char **argv)
{
  if (argc < 2)
    return usage (FALSE);
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    return usage (TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_str_equal (argv[1], actions[i].name))
      {
        g_autofree char *program = g_strdup_printf ("domuimg kernel %s", actions[i].name);

        g_set_prgname (program);
        return actions[i].run (argc - 1, argv + 1);
      }
  return usage (FALSE);
}
