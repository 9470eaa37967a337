/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg kernel list`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static void
print_line (const char *name, const char *value)
{
  g_autofree char *plain = cli_plain (value);

  g_print ("  %-10s %s\n", name, plain);
}

static void
print_kernel (DomuimgInstalledKernel *kernel)
{
  g_autofree char *reason = NULL;
  gboolean matches = domuimg_installed_kernel_get_matches (kernel, &reason);
  g_autofree char *version = cli_plain (domuimg_installed_kernel_get_version (kernel));
  g_autofree char *verdict = g_strdup_printf ("%s: %s", matches ? "yes" : "no", reason);

  g_print ("%s\n", *version != '\0' ? version : "(unknown version)");
  print_line ("kernel", domuimg_installed_kernel_get_path (kernel));
  print_line ("initramfs", domuimg_installed_kernel_get_initramfs (kernel) ?: "none");
  print_line ("modules", domuimg_installed_kernel_get_modules (kernel) ?: "none");
  print_line ("match", verdict);
}

static void
add_kernel (JsonBuilder *builder, gpointer item)
{
  DomuimgInstalledKernel *kernel = item;
  g_autofree char *reason = NULL;
  gboolean matches = domuimg_installed_kernel_get_matches (kernel, &reason);

  json_builder_begin_object (builder);
  cli_json_add_string (builder, "version", domuimg_installed_kernel_get_version (kernel));
  cli_json_add_string (builder, "path", domuimg_installed_kernel_get_path (kernel));
  cli_json_add_string (builder, "initramfs", domuimg_installed_kernel_get_initramfs (kernel));
  cli_json_add_string (builder, "modules", domuimg_installed_kernel_get_modules (kernel));
  json_builder_set_member_name (builder, "matches");
  json_builder_add_boolean_value (builder, matches);
  cli_json_add_string (builder, "reason", reason);
  json_builder_end_object (builder);
}

int
cli_kernel_list (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[IMAGE]");
  g_autoptr (GPtrArray) kernels = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Lists the kernels of this host, or in a disk image, with"
                                         " initramfs and modules, and whether they match and let a"
                                         " Xen guest reach its disk.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 2)
    return cli_usage ("usage: domuimg kernel list [IMAGE] [--json]");
  kernels = domuimg_installed_kernel_list (argc == 2 ? argv[1] : NULL, NULL, &error);
  if (kernels == NULL)
    return cli_report (error);
  if (json)
    cli_json_print_items ("kernels", kernels, add_kernel);
  for (guint i = 0; i < kernels->len && !json; i++)
    print_kernel (g_ptr_array_index (kernels, i));
  return CLI_DONE;
}
