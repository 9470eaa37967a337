/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg create`. */
#include "config.h"
#include "cli/cli.h"

#include <unistd.h>

#include "cli/ask.h"
#include "cli/cmd-guest.h"
#include "cli/json-out.h"

typedef struct {
  char *spec_file;
  char *progress;
  gboolean dry_run;
  gboolean json;
  gboolean quiet;
  gboolean start;
} Options;

static int
show_plan (DomuimgBuild *build, const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgRehearsal) rehearsal = NULL;
  g_autofree char *text = NULL;

  cli_signals_cancel (cancellable);
  rehearsal = domuimg_build_rehearse (build, cancellable, &error);
  if (rehearsal == NULL)
    return cli_report (error);
  text = options->json ? domuimg_rehearsal_to_json (rehearsal)
                       : domuimg_rehearsal_to_text (rehearsal);
  cli_print_text (text, options->json);
  return CLI_DONE;
}

/* The start of what is to be made, whose installer runs first; its console is this terminal. */
static DomuimgRun *
make_run (const char *config, const char *connect, GError **error)
{
  g_autoptr (DomuimgRun) run = domuimg_run_new (config);
  DomuimgBackend backend;

  if (!cli_choose_backend (NULL, connect, &backend, error))
    return NULL;
  domuimg_run_set_backend (run, backend);
  domuimg_run_set_connect (run, connect);
  domuimg_run_set_install (run, TRUE);
  domuimg_run_set_console (run, isatty (STDIN_FILENO) && isatty (STDOUT_FILENO));
  return g_steal_pointer (&run);
}

static int
start_made (DomuimgResult *result, const char *connect, GCancellable *cancellable, const Options *options)
{
  const char *config = domuimg_result_get_config_path (result) ?: domuimg_result_get_xml_path (result);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRun) run = NULL;
  g_autoptr (DomuimgHostGuest) guest = NULL;

  if (config == NULL)
    g_set_error (&error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED,
                 "%s is made, but it has no configuration here to start it by: import it on its host",
                 domuimg_result_get_image_path (result));
  else
    run = make_run (config, connect, &error);
  if (run != NULL)
    guest = domuimg_run_start (run, NULL, cancellable, &error);
  if (guest == NULL)
    return cli_report (error);
  if (!options->json && !options->quiet)
    cli_print_started (guest, FALSE);
  return CLI_DONE;
}

static void
print_result (DomuimgResult *result, const Options *options)
{
  const char *password = domuimg_result_get_root_password (result);
  g_autofree char *text
      = options->json ? domuimg_result_to_json (result) : domuimg_result_to_text (result);

  if (!options->quiet || options->json)
    cli_print_text (text, options->json);
  /* Nobody will ever see it otherwise. */
  else if (password != NULL)
    g_print ("%s\n", password);
}

static int
run_build (DomuimgBuild *build, DomuimgSpec *spec, const Options *options)
{
  /* The installer has the terminal. */
  gboolean is_quiet = options->quiet || domuimg_spec_get (spec, "interactive") != NULL;
  const char *mode = options->progress != NULL ? options->progress : is_quiet ? "none" : "auto";
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgProgress) progress = domuimg_progress_new ();
  g_autoptr (DomuimgResult) result = NULL;
  g_autoptr (GError) error = NULL;
  CliProgress *shown = cli_progress_new (progress, mode);

  cli_signals_cancel (cancellable);
  if (isatty (STDIN_FILENO) && isatty (STDOUT_FILENO))
    domuimg_build_set_terminal (build, STDIN_FILENO, STDOUT_FILENO);
  result = domuimg_build_run (build, progress, cancellable, &error);
  cli_progress_free (shown);
  if (result == NULL)
    return cli_report (error);
  print_result (result, options);
  return options->start ? start_made (result, domuimg_spec_get (spec, "connect"), cancellable, options)
                        : CLI_DONE;
}

/* Asked before anything is made. */
static gboolean
can_start (const char *name, const char *connect, GError **error)
{
  g_autoptr (DomuimgRun) run = make_run (name, connect, error);

  return run != NULL && domuimg_run_check_host (run, error);
}

static int
create (char **names, CliSpecOptions *spec_options, const Options *options)
{
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgBuild) build = NULL;
  g_autoptr (GError) error = NULL;

  if (options->progress != NULL && !cli_progress_is_mode (options->progress))
    return cli_usage ("--progress is auto, bar, lines, json or none, not “%s”",
                      options->progress);
  if (names[0] != NULL && names[1] != NULL)
    return cli_usage ("one guest at a time: “%s” and “%s” are two names", names[0], names[1]);
  if ((options->spec_file != NULL && !domuimg_spec_load_file (spec, options->spec_file, &error))
      || (names[0] != NULL && !domuimg_spec_set (spec, "name", names[0], &error))
      || !cli_spec_options_apply (spec_options, spec, &error))
    return cli_report (error);
  if (domuimg_spec_get (spec, "name") == NULL)
    return cli_usage ("the guest needs a name: domuimg create NAME --from SOURCE");
  if (options->start && !options->dry_run
      && !can_start (domuimg_spec_get (spec, "name"), domuimg_spec_get (spec, "connect"), &error))
    return cli_report (error);
  build = domuimg_build_new (spec);
  return options->dry_run ? show_plan (build, options) : run_build (build, spec, options);
}

/* Nothing is made before the last yes. */
static int
ask_and_create (const Options *options)
{
  g_autoptr (DomuimgQuestions) questions = domuimg_questions_new ();
  g_autoptr (DomuimgBuild) build = NULL;
  int status = CLI_DONE;

  if (!cli_ask (questions, &status) || !cli_ask_confirm (questions, &status))
    return status;
  build = domuimg_build_new (domuimg_questions_get_spec (questions));
  return run_build (build, domuimg_questions_get_spec (questions), options);
}

int
cli_create (int argc, char **argv)
{
  Options options = { 0 };
  const GOptionEntry entries[] = {
    { "spec", 0, 0, G_OPTION_ARG_FILENAME, &options.spec_file,
      "read settings from FILE; options on the command line override it", "FILE" },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &options.dry_run, "print the plan and do nothing", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print the result as JSON", NULL },
    { "progress", 0, 0, G_OPTION_ARG_STRING, &options.progress,
      "auto (default), bar, lines, json or none, on standard error", "MODE" },
    { "start", 0, 0, G_OPTION_ARG_NONE, &options.start,
      "start it when it is made, an installer first, with its console on the terminal", NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "print errors only", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME");
  g_autoptr (CliSpecOptions) spec_options = NULL;
  int status = CLI_DONE;

  if (argc == 1 && isatty (STDIN_FILENO) && isatty (STDOUT_FILENO))
    return ask_and_create (&options);
  g_option_context_set_summary (context, "Makes a Xen guest: disk image, kernel, xl.cfg and "
                                         "libvirt XML. On a terminal and without arguments, it asks"
                                         " what to make.");
  spec_options = cli_spec_options_new (context);
  g_option_context_add_main_entries (context, entries, NULL);
  if (cli_parse (context, &argc, &argv, &status))
    status = create (argv + 1, spec_options, &options);
  g_free (options.spec_file);
  g_free (options.progress);
  return status;
}
