/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/cli.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
  const char *help;
} verbs[] = {
  { "create", cli_create, "make a guest: disk image, kernel and configuration" },
  { "kernel", cli_kernel, "look into a kernel: what can it boot as?" },
  { "cleanup", cli_cleanup, "finish what a killed build left" },
};

static void
print_help (void)
{
  g_print ("Usage: domuimg VERB [OPTION…]\n\nMakes Xen guests that boot the first time.\n\nVerbs:\n");
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_print ("  %-9s %s\n", verbs[i].name, verbs[i].help);
  g_print ("\n“domuimg VERB --help” lists a verb's options; domuimg(1) has all.\n");
}

int
cli_usage (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("domuimg: %s\n", message);
  return CLI_USAGE;
}

gboolean
cli_parse (GOptionContext *context, int *argc, char ***argv, int *status)
{
  g_autoptr (GError) error = NULL;

  g_option_context_set_help_enabled (context, TRUE);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  *status = cli_usage ("%s; --help lists the options", error->message);
  return FALSE;
}

int
cli_report (const GError *error, gboolean verbose)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_printerr ("domuimg: cancelled; nothing was left behind\n");
      return cli_signals_seen () != 0 ? 128 + cli_signals_seen () : CLI_FAILED;
    }
  g_printerr ("domuimg: %s\n", lines[0]);
  for (guint i = 1; verbose && lines[i] != NULL; i++)
    {
      if (*lines[i] != '\0')
        g_printerr ("  %s\n", lines[i]);
    }
  return g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT) ? CLI_USAGE
                                                                               : CLI_FAILED;
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* A closed pipe and a limit on file sizes are errors to report, not deaths. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  g_set_prgname ("domuimg");
  if (argc < 2)
    {
      print_help ();
      return CLI_USAGE;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("domuimg %s\n", DOMUIMG_VERSION);
      return CLI_DONE;
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h")
      || g_str_equal (argv[1], "help"))
    {
      print_help ();
      return CLI_DONE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      if (g_str_equal (argv[1], verbs[i].name))
        return verbs[i].run (argc - 1, argv + 1);
    }
  return cli_usage ("there is no verb “%s”; domuimg --help lists them", argv[1]);
}
