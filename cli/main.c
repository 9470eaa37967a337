/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of domuimg, and what they have in common. */
#include "config.h"
#include "cli/cli.h"

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/suggest.h"

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
  { "show", cli_show, "show all that is known of a guest" },
  { "adopt", cli_adopt, "write a manifest for a guest that was made elsewhere" },
  { "list-images", cli_list_images, "list vendors' cloud images that a guest can be made of" },
  { "resize", cli_resize, "make a guest's disk larger or smaller" },
  { "rename", cli_rename, "give a guest another name" },
  { "delete", cli_delete, "end a guest and remove what was made for it" },
  { "doctor", cli_doctor, "say what this host can do, and what is missing" },
  { "cleanup", cli_cleanup, "finish what a killed build left" },
};

static void
print_help (void)
{
  g_print ("Usage: domuimg VERB [OPTION…]\n\nMakes Xen guests that boot the first time.\n\nVerbs:\n");
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    g_print ("  %-11s %s\n", verbs[i].name, verbs[i].help);
  g_print ("\n“domuimg help VERB” lists a verb's options; domuimg(1) has all.\n");
}

/* What GLib says of an option that it does not know. */
static const char *
suggest (GOptionContext *context, const char *message, GStrv *lines)
{
  static const char start[] = "Unknown option --";
  g_autofree char *word = NULL;
  g_autofree char *help = NULL;

  if (!g_str_has_prefix (message, start))
    return NULL;
  word = g_strndup (message + strlen (start), strcspn (message + strlen (start), "="));
  help = g_option_context_get_help (context, TRUE, NULL);
  *lines = g_strsplit (help, "\n", -1);
  return cli_suggest_option (word, *lines);
}

gboolean
cli_parse (GOptionContext *context, int *argc, char ***argv, int *status)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  const char *meant;

  g_option_context_add_main_entries (context, cli_common_options (), NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  meant = suggest (context, error->message, &lines);
  *status = meant != NULL ? cli_usage ("%s; did you mean --%s?", error->message, meant)
                          : cli_usage ("%s; --help lists the options", error->message);
  return FALSE;
}

static int
unknown_verb (const char *word)
{
  const char *names[G_N_ELEMENTS (verbs) + 1] = { NULL };
  const char *meant;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    names[i] = verbs[i].name;
  meant = cli_suggest (word, names);
  return meant != NULL ? cli_usage ("“%s” is not a verb; did you mean %s?", word, meant)
                       : cli_usage ("“%s” is not a verb; domuimg --help lists them", word);
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
  return unknown_verb (argv[0]);
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

static gboolean
is_closed_pipe (void)
{
  struct pollfd out = { STDOUT_FILENO, 0, 0 };

  return poll (&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
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
  cli_report_as_json (argv);
  status = run (argc, argv);
  /* Who reads no further has what he wants. */
  if (status == CLI_DONE && ferror (stdout) != 0 && !is_closed_pipe ())
    {
      g_printerr ("domuimg: all is done, but standard output could not be written\n");
      return CLI_FAILED;
    }
  return status;
}
