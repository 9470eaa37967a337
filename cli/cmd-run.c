/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg run`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"
#include "cli/cmd-guest.h"

#define WAIT_SECONDS 300

typedef struct {
  char *backend;
  char *connect;
  gboolean console;
  gboolean once;
  gboolean install;
  gint wait; /* seconds; 0: not at all */
  gboolean autostart;
  gboolean no_check;
  gboolean json;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->backend);
  g_free (self->connect);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_wait (const char *name, const char *value, gpointer data, GError **error)
{
  Options *options = data;
  guint64 seconds = WAIT_SECONDS;

  if (value != NULL && !g_ascii_string_to_unsigned (value, 10, 1, 86400, &seconds, error))
    return FALSE;
  options->wait = (gint) seconds;
  return TRUE;
}

static DomuimgRun *
make_run (const Options *options, const char *name, GError **error)
{
  g_autoptr (DomuimgRun) run = domuimg_run_new (name);
  DomuimgBackend backend;

  if (!cli_choose_backend (options->backend, options->connect, &backend, error))
    return NULL;
  domuimg_run_set_backend (run, backend);
  domuimg_run_set_connect (run, options->connect);
  domuimg_run_set_console (run, options->console);
  domuimg_run_set_once (run, options->once);
  domuimg_run_set_install (run, options->install);
  domuimg_run_set_wait (run, (guint) options->wait);
  domuimg_run_set_autostart (run, options->autostart);
  domuimg_run_set_check (run, !options->no_check);
  return g_steal_pointer (&run);
}

void
cli_print_started (DomuimgHostGuest *guest, gboolean json)
{
  g_autofree char *name = cli_plain (domuimg_host_guest_get_name (guest));

  if (json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      cli_json_add_guest (builder, guest);
      cli_json_print (builder);
    }
  else if (domuimg_host_guest_get_domid (guest) >= 0)
    g_print ("%s runs as domain %d\n", name, domuimg_host_guest_get_domid (guest));
  else
    g_print ("%s has ended: %s\n", name,
             domuimg_guest_state_to_string (domuimg_host_guest_get_state (guest)));
}

static int
run_guest (const Options *options, const char *name)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgRun) run = NULL;
  g_autoptr (DomuimgHostGuest) guest = NULL;
  g_autoptr (GError) error = NULL;

  cli_signals_cancel (cancellable);
  run = make_run (options, name, &error);
  if (run != NULL)
    guest = domuimg_run_start (run, NULL, cancellable, &error);
  if (guest == NULL)
    return cli_report (error);
  cli_print_started (guest, options->json);
  return domuimg_host_guest_get_state (guest) == DOMUIMG_GUEST_STATE_CRASH ? CLI_FAILED : CLI_DONE;
}

int
cli_run (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  const GOptionEntry entries[] = {
    CLI_BACKEND_OPTIONS (&options.backend, &options.connect, "what starts it"),
    { "console", 'c', 0, G_OPTION_ARG_NONE, &options.console,
      "be its console, until Ctrl-] or its end", NULL },
    { "once", 0, 0, G_OPTION_ARG_NONE, &options.once,
      "wait for its end, and let nothing restart it", NULL },
    { "install", 0, 0, G_OPTION_ARG_NONE, &options.install,
      "run its installer first, if it is still to be installed", NULL },
    { "wait", 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, (gpointer) parse_wait,
      "wait for its login prompt or an address (default 300 seconds)", "SECONDS" },
    { "autostart", 0, 0, G_OPTION_ARG_NONE, &options.autostart, "start it with the host, too",
      NULL },
    { "no-check", 0, 0, G_OPTION_ARG_NONE, &options.no_check,
      "start it even if domuimg check says that it will not boot", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print the guest as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME");
  GOptionGroup *group = g_option_group_new ("run", "", "", &options, NULL);
  int status = CLI_DONE;

  g_option_context_set_summary (
      context, "Starts a guest by its name or the path of its configuration.\n"
               "Exit status: 0 it runs (--once: it has ended), 1 it does not, or has crashed.");
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg run NAME [OPTION…]");
  return run_guest (&options, argv[1]);
}
