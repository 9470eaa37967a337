/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg config`, a verb of actions. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

/* For standard output, with the losses beside it. */
static char *
make_converted (const char *from, DomuimgConfigFormat format, char ***warnings, GError **error)
{
  g_autofree char *path = domuimg_domain_find_config (from, error);
  g_autoptr (DomuimgDomain) domain = NULL;

  if (path != NULL)
    domain = domuimg_domain_new_from_file (path, error);
  if (domain != NULL)
    *warnings = domuimg_domain_list_losses (domain, format, error);
  if (domain == NULL || *warnings == NULL)
    return NULL;
  return format == DOMUIMG_CONFIG_FORMAT_LIBVIRT
             ? domuimg_domain_to_libvirt_xml (domain, NULL, error)
             : domuimg_domain_to_xl_cfg (domain, error);
}

/* @path: of what was written; or @text, what was not. */
static void
print_conversion (const char *path, const char *text, DomuimgConfigFormat format, char **warnings)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_add_string (builder, "path", path);
  cli_json_add_string (builder, "format",
                       domuimg_config_format_to_string (format));
  cli_json_add_string (builder, "text", text);
  cli_json_add_lines (builder, "warnings", warnings);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
convert (char **argv, DomuimgConfigFormat format, gboolean force, gboolean json)
{
  gboolean to_output = g_str_equal (argv[2], "-");
  g_auto (GStrv) warnings = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (to_output)
    text = make_converted (argv[1], format, &warnings, &error);
  if (to_output ? text == NULL
                : !domuimg_config_convert (argv[1], argv[2], format, force, &warnings, NULL, &error))
    return cli_report (error);
  if (json)
    print_conversion (to_output ? NULL : argv[2], text, format, warnings);
  else if (to_output)
    g_print ("%s", text);
  if (!json)
    cli_print_lines (warnings, "warning: ");
  return CLI_DONE;
}

static int
config_convert (int argc, char **argv)
{
  g_autofree char *to = NULL;
  gboolean force = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &to,
      "the format: xl or libvirt (default: libvirt for a name in .xml, else xl)", "FORMAT" },
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, "replace a file that is there", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("CONFIG FILE");
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
    return cli_usage ("usage: domuimg config convert CONFIG FILE [--to xl|libvirt] [--force] [--json]");
  format = domuimg_config_format_for_path (argv[2]);
  if (to != NULL && !domuimg_config_format_from_string (to, &format, &error))
    return cli_report (error);
  return convert (argv, format, force, json);
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
    cli_print_text (text, TRUE);
  else
    print_text (text);
  return CLI_DONE;
}

static void
print_settings (const char *path, gboolean done, char **changes, char **warnings)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_add_string (builder, "path", path);
  cli_json_add_flag (builder, "done", done);
  cli_json_add_lines (builder, "changes", changes);
  cli_json_add_lines (builder, "warnings", warnings);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static int
config_set (int argc, char **argv)
{
  gboolean dry_run = FALSE, json = FALSE;
  const GOptionEntry entries[] = {
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &dry_run,
      "say what would be changed, and change nothing", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print what was done as JSON", NULL },
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
    return cli_usage ("usage: domuimg config set KEY=VALUE… CONFIG [--dry-run] [--json]");
  path = domuimg_domain_find_config (argv[argc - 1], &error);
  argv[argc - 1] = NULL;
  settings = g_strdupv (argv + 1);
  if (path == NULL
      || !domuimg_config_set (path, (const char *const *) settings, dry_run, &changes, &warnings,
                              &error))
    return cli_report (error);
  if (json)
    {
      print_settings (path, !dry_run, changes, warnings);
      return CLI_DONE;
    }
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
