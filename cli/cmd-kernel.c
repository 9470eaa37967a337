/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "cli/cli.h"

#include <json-glib/json-glib.h>

static const DomuimgGuestType types[]
    = { DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_HVM };

/* What a file says of itself is not to be trusted. */
static void
print_row (const char *name, const char *value)
{
  g_autofree char *plain = cli_plain (value);

  g_print ("  %-13s %s\n", name, plain);
}

static void
print_type (DomuimgKernel *kernel, DomuimgGuestType type)
{
  g_autofree char *reason = NULL;
  gboolean can = domuimg_kernel_can_boot (kernel, type, &reason);
  g_autofree char *name = g_strdup_printf ("as %s", domuimg_guest_type_to_string (type));
  g_autofree char *verdict = g_strdup_printf ("%s%s%s", can ? "yes" : "no",
                                              reason != NULL ? ": " : "",
                                              reason != NULL ? reason : "");

  print_row (name, verdict);
}

static void
print_text (const char *path, DomuimgKernel *kernel)
{
  const char *compression = domuimg_kernel_get_compression (kernel);
  const char *protocol = domuimg_kernel_get_boot_protocol (kernel);
  g_auto (GStrv) notes = domuimg_kernel_get_notes (kernel);

  g_print ("%s\n", path);
  print_row ("format", domuimg_kernel_format_to_string (domuimg_kernel_get_format (kernel)));
  print_row ("version", domuimg_kernel_get_version (kernel) ?: "unknown");
  print_row ("architecture", domuimg_kernel_get_architecture (kernel) ?: "unknown");
  print_row ("compression", compression != NULL ? compression : "none");
  if (protocol != NULL)
    print_row ("boot protocol", protocol);
  for (guint i = 0; notes != NULL && notes[i] != NULL; i++)
    print_row ("note", notes[i]);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    print_type (kernel, types[i]);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_types (JsonBuilder *builder, DomuimgKernel *kernel)
{
  json_builder_set_member_name (builder, "types");
  json_builder_begin_object (builder);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autofree char *reason = NULL;
      gboolean can = domuimg_kernel_can_boot (kernel, types[i], &reason);

      json_builder_set_member_name (builder, domuimg_guest_type_to_string (types[i]));
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "boots");
      json_builder_add_boolean_value (builder, can);
      add_string (builder, "reason", reason);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
print_json (const char *path, DomuimgKernel *kernel)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_auto (GStrv) notes = domuimg_kernel_get_notes (kernel);
  g_autofree char *text = NULL;

  json_builder_begin_object (builder);
  add_string (builder, "path", path);
  add_string (builder, "format",
              domuimg_kernel_format_to_string (domuimg_kernel_get_format (kernel)));
  add_string (builder, "version", domuimg_kernel_get_version (kernel));
  add_string (builder, "architecture", domuimg_kernel_get_architecture (kernel));
  add_string (builder, "compression", domuimg_kernel_get_compression (kernel));
  add_string (builder, "boot_protocol", domuimg_kernel_get_boot_protocol (kernel));
  json_builder_set_member_name (builder, "notes");
  json_builder_begin_array (builder);
  for (guint i = 0; notes != NULL && notes[i] != NULL; i++)
    json_builder_add_string_value (builder, notes[i]);
  json_builder_end_array (builder);
  add_types (builder, kernel);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

int
cli_kernel (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("inspect FILE");
  g_autoptr (DomuimgKernel) kernel = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  if (argc > 1 && g_str_equal (argv[1], "update"))
    return cli_kernel_update (argc - 1, argv + 1);

  g_option_context_set_summary (context, "Tells what a kernel file is, and as which types of "
                                         "guests Xen can start it.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 3 || !g_str_equal (argv[1], "inspect"))
    return cli_usage ("usage: domuimg kernel inspect FILE [--json]");
  kernel = domuimg_kernel_new_for_file (argv[2], &error);
  if (kernel == NULL)
    return cli_report (error);
  if (json)
    print_json (argv[2], kernel);
  else
    print_text (argv[2], kernel);
  return CLI_DONE;
}
