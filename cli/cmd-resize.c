/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg resize`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static int
resize (const char *what, const char *dir, const char *size, DomuimgResizeFlags flags, gboolean json)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgResize) done = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  cli_signals_cancel (cancellable);
  done = domuimg_resize_run (what, dir, size, flags, cancellable, &error);
  if (done == NULL)
    return cli_report (error);
  text = json ? domuimg_resize_to_json (done) : domuimg_resize_to_text (done);
  cli_print_text (text, json);
  return CLI_DONE;
}

int
cli_resize (int argc, char **argv)
{
  gboolean shrink = FALSE, dry_run = FALSE, json = FALSE;
  g_autofree char *dir = NULL;
  const GOptionEntry entries[] = {
    { "dir", 0, 0, G_OPTION_ARG_FILENAME, &dir, "directory that the guest was made in", "DIR" },
    { "shrink", 0, 0, G_OPTION_ARG_NONE, &shrink, "let the disk become smaller", NULL },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run, "print what would be done", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST[:DISK] SIZE");
  DomuimgResizeFlags flags = DOMUIMG_RESIZE_NONE;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Makes a disk of a guest larger or smaller, with the"
                                         " filesystem on it.\n"
                                         "GUEST is its name, or the path of its configuration or"
                                         " manifest; DISK such as xvdb, the\n"
                                         "first without; SIZE such as 32G, or +4G for so much more.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 3)
    return cli_usage ("usage: domuimg resize GUEST[:DISK] SIZE [--dir DIR] [--shrink] [--dry-run]"
                      " [--json]");
  flags |= shrink ? DOMUIMG_RESIZE_SHRINK : 0;
  flags |= dry_run ? DOMUIMG_RESIZE_DRY_RUN : 0;
  return resize (argv[1], dir, argv[2], flags, json);
}
