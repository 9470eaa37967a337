/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg config`, a verb of actions. */
#include "config.h"
#include "cli/cli.h"

/* To standard output, with the losses beside it. */
static gboolean
print_converted (const char *from, DomuimgConfigFormat format, char ***warnings, GError **error)
{
  g_autofree char *path = domuimg_domain_find_config (from, error);
  g_autoptr (DomuimgDomain) domain = NULL;
  g_autofree char *text = NULL;

  if (path != NULL)
    domain = domuimg_domain_new_from_file (path, error);
  if (domain != NULL)
    *warnings = domuimg_domain_list_losses (domain, format, error);
  if (domain == NULL || *warnings == NULL)
    return FALSE;
  text = format == DOMUIMG_CONFIG_FORMAT_LIBVIRT
             ? domuimg_domain_to_libvirt_xml (domain, NULL, error)
             : domuimg_domain_to_xl_cfg (domain, error);
  if (text != NULL)
    g_print ("%s", text);
  return text != NULL;
}

static int
config_convert (int argc, char **argv)
{
  g_autofree char *to = NULL;
  gboolean force = FALSE;
  const GOptionEntry entries[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &to,
      "the format: xl or libvirt (default: libvirt for a name in .xml, else xl)", "FORMAT" },
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, "replace a file that is there", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("CONFIG FILE");
  g_auto (GStrv) warnings = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgConfigFormat format;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Writes a guest's configuration in another format, and "
                                         "tells what that cannot say.\nThe FILE - is standard "
                                         "output.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 3)
    return cli_usage ("usage: domuimg config convert CONFIG FILE [--to xl|libvirt] [--force]");
  format = domuimg_config_format_for_path (argv[2]);
  if ((to != NULL && !domuimg_config_format_from_string (to, &format, &error))
      || !(g_str_equal (argv[2], "-")
               ? print_converted (argv[1], format, &warnings, &error)
               : domuimg_config_convert (argv[1], argv[2], format, force, &warnings, NULL, &error)))
    return cli_report (error);
  cli_print_lines (warnings, "warning: ");
  return CLI_DONE;
}

static void
print_text (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      if (*plain != '\0')
        g_print ("%s\n", plain);
    }
}

static int
config_show (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("CONFIG");
  g_autoptr (DomuimgDomain) domain = NULL;
  g_autofree char *path = NULL, *text = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Shows a guest's configuration, whatever its format; "
                                         "passwords are shown as ***.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg config show CONFIG [--json]");
  path = domuimg_domain_find_config (argv[1], &error);
  if (path != NULL)
    domain = domuimg_domain_new_from_file (path, &error);
  if (domain == NULL)
    return cli_report (error);
  text = json ? domuimg_domain_to_json (domain) : domuimg_domain_to_text (domain);
  if (json)
    g_print ("%s\n", text);
  else
    print_text (text);
  return CLI_DONE;
}

static int
config_set (int argc, char **argv)
{
  gboolean dry_run = FALSE;
  const GOptionEntry entries[] = {
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run,
      "say what would be changed, and change nothing", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("KEY=VALUE… CONFIG");
  g_auto (GStrv) changes = NULL, warnings = NULL, settings = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context,
                                "Changes settings in a configuration of xl, all of them or none; "
                                "comments, order and\nunknown keys are kept. KEY= takes one out.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc < 3)
    return cli_usage ("usage: domuimg config set KEY=VALUE… CONFIG [--dry-run]");
  path = domuimg_domain_find_config (argv[argc - 1], &error);
  argv[argc - 1] = NULL;
  settings = g_strdupv (argv + 1);
  if (path == NULL
      || !domuimg_config_set (path, (const char *const *) settings, dry_run, &changes, &warnings,
                              &error))
    return cli_report (error);
  cli_print_lines (changes, dry_run ? "plan: " : "done: ");
  cli_print_lines (warnings, "warning: ");
  return CLI_DONE;
}

static const CliAction actions[] = {
  { "convert", config_convert, "write a configuration in another format" },
  { "show", config_show, "what a configuration says" },
  { "set", config_set, "change settings, and keep all else" },
  { NULL },
};

int
cli_config (int argc, char **argv)
{
  return cli_run_action ("config", actions, argc, argv);
}
