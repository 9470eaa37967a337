/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of domuimg, and what they have in common. */
#include "config.h"
#include "cli/cli.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

static const struct {
  const char *name;
  int (*run) (int argc, char **argv);
  const char *help;
} verbs[] = {
  { "create", cli_create, "make a guest: disk image, kernel and configuration" },
  { "kernel", cli_kernel, "look into kernels: what can they boot as?" },
  { "config", cli_config, "show, convert and change configurations" },
  { "check", cli_check, "say whether a guest will boot, and why not" },
  { "run", cli_run, "start a guest" },
  { "list", cli_list, "list guests" },
  { "resize", cli_resize, "make a guest's disk larger or smaller" },
  { "delete", cli_delete, "end a guest and remove what was made for it" },
  { "doctor", cli_doctor, "say what this host can do, and what is missing" },
  { "cleanup", cli_cleanup, "finish what a killed build left" },
};

static gboolean verbose = FALSE;

static void
print_help (void)
{
  g_print ("Usage: domuimg VERB [OPTION…]\n\nMakes Xen guests that boot the first time.\n\nVerbs:\n");
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_print ("  %-9s %s\n", verbs[i].name, verbs[i].help);
  g_print ("\n“domuimg help VERB” lists a verb's options; domuimg(1) has all.\n");
}

char *
cli_plain (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *plain = g_string_new (NULL);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      g_string_append_unichar (plain, g_unichar_iscntrl (character) ? '?' : character);
    }
  return g_string_free (plain, FALSE);
}

void
cli_print_lines (char **lines, const char *prefix)
{
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      g_printerr ("%s%s\n", prefix, plain);
    }
}

int
cli_usage (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *plain = cli_plain (message);
  g_printerr ("domuimg: %s\n", plain);
  return CLI_USAGE;
}

gboolean
cli_parse (GOptionContext *context, int *argc, char ***argv, int *status)
{
  const GOptionEntry common[] = {
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "print details of errors", NULL },
    { NULL },
  };
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, common, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  *status = cli_usage ("%s; --help lists the options", error->message);
  return FALSE;
}

int
cli_report (const GError *error)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_printerr ("domuimg: cancelled; nothing was left behind\n");
      return cli_signals_seen () != 0 ? 128 + cli_signals_seen () : CLI_FAILED;
    }
  for (guint i = 0; lines[i] != NULL && (i == 0 || verbose); i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      if (i == 0 || *plain != '\0')
        g_printerr ("%s%s\n", i == 0 ? "domuimg: " : "  ", plain);
    }
  return g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT) ? CLI_USAGE
                                                                               : CLI_FAILED;
}

static int
run_verb (int argc, char **argv)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_autofree char *program = g_strdup_printf ("domuimg %s", verbs[i].name);

      if (!g_str_equal (argv[0], verbs[i].name))
        continue;
      g_set_prgname (program);
      return verbs[i].run (argc, argv);
    }
  return cli_usage ("“%s” is not a verb; domuimg --help lists them", argv[0]);
}

static int
run (int argc, char **argv)
{
  const char *first = argc > 1 ? argv[1] : NULL;
  gboolean help = g_strcmp0 (first, "help") == 0;

  if (help && argc > 2)
    {
      char *words[] = { argv[2], (char *) "--help", NULL };

      return run_verb (2, words);
    }
  if (first == NULL || help || g_str_equal (first, "--help") || g_str_equal (first, "-h"))
    {
      print_help ();
      return first != NULL ? CLI_DONE : CLI_USAGE;
    }
  if (g_str_equal (first, "--version"))
    {
      g_print ("domuimg %s\n", DOMUIMG_VERSION);
      return CLI_DONE;
    }
  return run_verb (argc - 1, argv + 1);
}

int
main (int argc, char **argv)
{
  int status;

  setlocale (LC_ALL, "");
  /* A closed pipe and a limit on file sizes are errors to report, not deaths. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  g_set_prgname ("domuimg");
  status = run (argc, argv);
  if (status == CLI_DONE && ferror (stdout) != 0)
    {
      g_printerr ("domuimg: all is done, but standard output could not be written\n");
      return CLI_FAILED;
    }
  return status;
}
