/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* domuimg check: whether guests will boot, and why not. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

typedef struct {
  char *image;
  char *type;
  char *kernel;
  char *ramdisk;
  char *cmdline;
  char *xen;
  char *host;
  gboolean fix;
  gboolean dry_run;
  gboolean all;
  gboolean allow_backing;
  gboolean json;
} Options;

static void
options_clear (Options *self)
{
  g_free (self->image);
  g_free (self->type);
  g_free (self->kernel);
  g_free (self->ramdisk);
  g_free (self->cmdline);
  g_free (self->xen);
  g_free (self->host);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static DomuimgCheck *
make_check (const Options *options, const char *config, GError **error)
{
  g_autoptr (DomuimgCheck) check = config != NULL ? domuimg_check_new_for_config (config)
                                                  : domuimg_check_new_for_image (options->image);
  DomuimgGuestType type = DOMUIMG_GUEST_TYPE_AUTO;

  if ((options->type != NULL && !domuimg_guest_type_from_string (options->type, &type, error))
      || (options->xen != NULL && !domuimg_check_set_xen_version (check, options->xen, error))
      || (options->host != NULL && !domuimg_check_set_host (check, options->host, error)))
    return NULL;
  domuimg_check_set_guest_type (check, type);
  domuimg_check_set_kernel (check, options->kernel);
  domuimg_check_set_ramdisk (check, options->ramdisk);
  domuimg_check_set_cmdline (check, options->cmdline);
  domuimg_check_set_allow_backing (check, options->allow_backing);
  return g_steal_pointer (&check);
}

static int
status_of (DomuimgVerdict verdict)
{
  switch (verdict)
    {
    case DOMUIMG_VERDICT_BOOTS:
      return CLI_DONE;
    case DOMUIMG_VERDICT_FAILS:
      return CLI_FAILS;
    case DOMUIMG_VERDICT_UNKNOWN:
      return CLI_UNKNOWN;
    default:
      return CLI_FAILED;
    }
}

static int
print_report (DomuimgReport *report, gboolean json)
{
  g_autofree char *text = json ? domuimg_report_to_json (report) : domuimg_report_to_text (report);

  cli_print_text (text, json);
  return status_of (domuimg_report_get_verdict (report));
}

static int
print_reports (GPtrArray *reports, gboolean json)
{
  g_autofree char *text = json ? domuimg_report_list_to_json (reports)
                               : domuimg_report_list_to_text (reports);

  cli_print_text (text, json);
  return status_of (domuimg_report_list_get_worst (reports));
}

/* The plan goes to standard error, the report to standard output. */
static DomuimgReport *
fix (DomuimgCheck *check, const Options *options, GCancellable *cancellable, GError **error)
{
  g_auto (GStrv) plan = domuimg_check_plan_fixes (check, cancellable, error);
  g_auto (GStrv) changes = NULL;
  DomuimgReport *report;

  if (plan == NULL)
    return NULL;
  cli_print_lines (plan, "plan: ");
  if (options->dry_run || plan[0] == NULL)
    return domuimg_check_run (check, cancellable, error);
  report = domuimg_check_fix (check, cancellable, &changes, error);
  cli_print_lines (changes, "done: ");
  return report;
}

static int
run (const Options *options, const char *config)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (DomuimgReport) report = NULL;
  g_autoptr (DomuimgCheck) check = NULL;
  g_autoptr (GError) error = NULL;

  cli_signals_cancel (cancellable);
  check = make_check (options, config, &error);
  if (check != NULL)
    report = options->fix ? fix (check, options, cancellable, &error)
                          : domuimg_check_run (check, cancellable, &error);
  return report != NULL ? print_report (report, options->json) : cli_report (error);
}

static int
run_several (const Options *options, char **configs)
{
  g_autoptr (GPtrArray) checks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) reports = NULL;
  g_autoptr (GError) error = NULL;

  cli_signals_cancel (cancellable);
  for (guint i = 0; configs[i] != NULL; i++)
    {
      DomuimgCheck *check = make_check (options, configs[i], &error);

      if (check == NULL)
        return cli_report (error);
      g_ptr_array_add (checks, check);
    }
  reports = domuimg_check_run_all (checks, cancellable, &error);
  return reports != NULL ? print_reports (reports, options->json) : cli_report (error);
}

static int
run_all (const Options *options)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) configs = domuimg_check_list_guests (&error);

  return configs != NULL ? run_several (options, configs) : cli_report (error);
}

int
cli_check (int argc, char **argv)
{
  g_auto (Options) options = { NULL };
  const GOptionEntry entries[] = {
    { "image", 0, 0, G_OPTION_ARG_FILENAME, &options.image,
      "check this image, as a guest's only disk", "IMAGE" },
    { "type", 0, 0, G_OPTION_ARG_STRING, &options.type, "as pv, pvh or hvm", "TYPE" },
    { "kernel", 0, 0, G_OPTION_ARG_FILENAME, &options.kernel,
      "with this kernel of the host, not the configured one", "FILE" },
    { "ramdisk", 0, 0, G_OPTION_ARG_FILENAME, &options.ramdisk,
      "with this initramfs of the host", "FILE" },
    { "cmdline", 0, 0, G_OPTION_ARG_STRING, &options.cmdline, "with this kernel command line",
      "TEXT" },
    { "xen", 0, 0, G_OPTION_ARG_STRING, &options.xen,
      "on this version of Xen (default: the host's)", "VERSION" },
    { "host", 0, 0, G_OPTION_ARG_FILENAME, &options.host,
      "on the host with this profile: its domuimg doctor --json", "FILE" },
    { "fix", 0, 0, G_OPTION_ARG_NONE, &options.fix,
      "repair what can be repaired, and check again", NULL },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run, "with --fix: show the plan only",
      NULL },
    { "all", 'a', 0, G_OPTION_ARG_NONE, &options.all,
      "check all guests of this host, those in /etc/xen", NULL },
    { "allow-backing", 0, 0, G_OPTION_ARG_NONE, &options.allow_backing,
      "follow backing files outside the images' directories", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("GUEST… | --all | --image IMAGE");
  int status = CLI_DONE;

  g_option_context_set_summary (
      context, "Says, without starting it, whether a guest will boot, and why not.\n"
               "GUEST is a configuration (xl.cfg, libvirt's XML, a file of xm), a manifest\n"
               "(NAME.json), or the name of a guest. Exit status: 0 it boots, 3 it fails, 4 unknown,\n"
               "1 it could not be checked; of several guests, the first of 1, 3, 4, 0 that is one's.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if ((argc > 1) + (options.image != NULL) + options.all != 1)
    return cli_usage ("usage: domuimg check GUEST… | --all | --image IMAGE [OPTION…]");
  if (options.fix && (argc > 2 || options.all))
    return cli_usage ("--fix repairs one guest at a time: name one");
  if (options.all)
    return run_all (&options);
  return argc > 2 ? run_several (&options, argv + 1) : run (&options, argc == 2 ? argv[1] : NULL);
}
