/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg clone`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

typedef struct {
  char *source_dir;
  char *copy;
  char *identity;
  char *name;
  char *each;
  char *progress;
  int count;
  gboolean json;
  gboolean quiet;
} Options;

static gboolean
add_clones (DomuimgClone *clone, DomuimgSpec *spec, const char *name, const Options *options,
            GError **error)
{
  if (options->each != NULL)
    return domuimg_clone_add_table (clone, spec, options->each, error);
  if (options->count > 0)
    return domuimg_clone_add_count (clone, spec, name, (guint) options->count, error);
  return domuimg_spec_set (spec, "name", name, error) && domuimg_clone_add (clone, spec, error);
}

static int
run (DomuimgClone *clone, const Options *options)
{
  const char *mode = options->progress != NULL ? options->progress
                                               : (options->quiet ? "none" : "auto");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgProgress) progress = domuimg_progress_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) made = NULL;
  g_autofree char *text = NULL;
  CliProgress *shown = cli_progress_new (progress, mode);
  gboolean ok;

  cli_signals_cancel (cancellable);
  ok = domuimg_clone_run (clone, progress, cancellable, &error);
  cli_progress_free (shown);
  /* What was made before something failed is there, and worth to be told; in JSON, the error tells it. */
  made = domuimg_clone_list_manifests (clone);
  text = options->json ? domuimg_clone_to_json (clone) : domuimg_clone_to_text (clone);
  if (!options->quiet && (ok || (made[0] != NULL && !options->json)))
    cli_print_text (text, options->json);
  return ok ? CLI_DONE : cli_report (error);
}

static int
clone_all (const char *source, const char *name, CliSpecOptions *spec_options,
           const Options *options)
{
  g_autoptr (DomuimgClone) clone = domuimg_clone_new (source, options->source_dir);
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (GError) error = NULL;

  domuimg_clone_set_copy (clone, options->copy);
  if ((options->identity != NULL
       && !domuimg_clone_set_identity (clone, options->identity, &error))
      || !cli_spec_options_apply (spec_options, spec, &error)
      || !add_clones (clone, spec, name, options, &error))
    return cli_report (error);
  return run (clone, options);
}

static int
read_arguments (int argc, char **argv, CliSpecOptions *spec_options, const Options *options)
{
  const char *name = options->name != NULL ? options->name : argc > 2 ? argv[2] : NULL;

  if (g_strcmp0 (options->identity, "list") == 0)
    {
      g_autofree char *text = domuimg_clone_describe_identity ();

      g_print ("%s", text);
      return CLI_DONE;
    }
  if (options->progress != NULL && !cli_progress_is_mode (options->progress))
    return cli_usage ("--progress is auto, bar, lines, json or none, not “%s”", options->progress);
  if (argc < 2 || argc > 3 || (name == NULL) != (options->each != NULL)
      || (argc == 3 && options->name != NULL) || (options->each != NULL && options->count != 0))
    return cli_usage ("usage: domuimg clone SOURCE NAME [OPTION…], or domuimg clone SOURCE --count N"
                      " --name PATTERN, or domuimg clone SOURCE --each TABLE");
  if (options->count < 0)
    return cli_usage ("--count is a number from 1 on, not %d", options->count);
  return clone_all (argv[1], name, spec_options, options);
}

int
cli_clone (int argc, char **argv)
{
  Options options = { 0 };
  g_autofree char *ways = domuimg_clone_describe_copies ();
  g_autofree char *copy_help
      = g_strdup_printf ("how disks are copied: %s [the cheapest that the storage has]", ways);
  const GOptionEntry entries[] = {
    { "source-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.source_dir,
      "directory that SOURCE was made in, if it is a guest's name", "DIR" },
    { "copy", 0, 0, G_OPTION_ARG_STRING, &options.copy, copy_help, "HOW" },
    { "identity", 0, 0, G_OPTION_ARG_STRING, &options.identity,
      "what tells a machine from its copies: cleaners to be on, or with - before off; none, all; “list”"
      " prints them",
      "CLEANER,-CLEANER" },
    { "count", 0, 0, G_OPTION_ARG_INT, &options.count, "make N clones", "N" },
    { "name", 0, 0, G_OPTION_ARG_FILENAME, &options.name,
      "with --count: their names, as web%03d", "PATTERN" },
    { "each", 0, 0, G_OPTION_ARG_FILENAME, &options.each,
      "make those that a table has, a .csv, .json or .yaml file: columns are name, ip, memory and other options"
      " of these",
      "TABLE" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print what was made as JSON", NULL },
    { "progress", 0, 0, G_OPTION_ARG_STRING, &options.progress,
      "auto (default), bar, lines, json or none, on standard error", "MODE" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options.quiet, "print errors only", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("SOURCE NAME");
  g_autoptr (CliSpecOptions) spec_options
      = cli_spec_options_new_for (context, domuimg_clone_list_keys ());
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Makes copies of a guest, or of an image, that are machines of"
                                         " their own.\n"
                                         "SOURCE is a guest's name, the path of its configuration or"
                                         " manifest, or of an image.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (cli_parse (context, &argc, &argv, &status))
    status = read_arguments (argc, argv, spec_options, &options);
  g_free (options.source_dir);
  g_free (options.copy);
  g_free (options.identity);
  g_free (options.name);
  g_free (options.each);
  g_free (options.progress);
  return status;
}
