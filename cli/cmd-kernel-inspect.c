/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg kernel inspect`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static const DomuimgGuestType types[]
    = { DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_HVM };
static const DomuimgLoader loaders[] = { DOMUIMG_LOADER_DIRECT, DOMUIMG_LOADER_PVGRUB,
                                         DOMUIMG_LOADER_PYGRUB, DOMUIMG_LOADER_FIRMWARE };

/* What a file says of itself is not to be trusted. */
static void
print_row (const char *name, const char *value)
{
  g_autofree char *plain = cli_plain (value);

  g_print ("  %-13s %s\n", name, plain);
}

/* Reasons once each, with the combinations that they are for. */
static void
add_reason (GPtrArray *reasons, GPtrArray *cells, const char *reason, DomuimgLoader loader,
            DomuimgGuestType type)
{
  g_autofree char *cell = g_strdup_printf ("%s as %s", domuimg_loader_to_string (loader),
                                           domuimg_guest_type_to_string (type));

  for (guint i = 0; i < reasons->len; i++)
    if (g_str_equal (g_ptr_array_index (reasons, i), reason))
      {
        g_string_append_printf (g_ptr_array_index (cells, i), ", %s", cell);
        return;
      }
  g_ptr_array_add (reasons, g_strdup (reason));
  g_ptr_array_add (cells, g_string_new (cell));
}

static void
free_string (gpointer string)
{
  g_string_free (string, TRUE);
}

static void
print_matrix (DomuimgKernel *kernel, const char *xen)
{
  g_autoptr (GPtrArray) reasons = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) cells = g_ptr_array_new_with_free_func (free_string);

  g_print ("  boots         %8s %5s %5s   on Xen %s\n", "pv", "pvh", "hvm", xen);
  for (guint i = 0; i < G_N_ELEMENTS (loaders); i++)
    {
      g_print ("    %-11s", domuimg_loader_to_string (loaders[i]));
      for (guint j = 0; j < G_N_ELEMENTS (types); j++)
        {
          g_autofree char *reason = NULL;
          gboolean can
              = domuimg_kernel_can_boot_with (kernel, types[j], loaders[i], xen, &reason);

          g_print ("%s %5s", j == 0 ? "   " : "", can ? "yes" : "no");
          if (!can)
            add_reason (reasons, cells, reason, loaders[i], types[j]);
        }
      g_print ("\n");
    }
  for (guint i = 0; i < reasons->len; i++)
    {
      g_autofree char *plain = cli_plain (g_ptr_array_index (reasons, i));

      g_print ("  not by %s: %s\n", ((GString *) g_ptr_array_index (cells, i))->str, plain);
    }
}

static void
print_rows (const char *name, char **values)
{
  for (guint i = 0; values != NULL && values[i] != NULL; i++)
    print_row (name, values[i]);
}

static void
print_text (const char *path, DomuimgKernel *kernel, const char *xen)
{
  const char *protocol = domuimg_kernel_get_boot_protocol (kernel);
  g_auto (GStrv) notes = domuimg_kernel_get_notes (kernel);
  g_auto (GStrv) config = domuimg_kernel_get_xen_config (kernel);
  g_autofree char *plain = cli_plain (path);

  g_print ("%s\n", plain);
  print_row ("format", domuimg_kernel_format_to_string (domuimg_kernel_get_format (kernel)));
  print_row ("version", domuimg_kernel_get_version (kernel) ?: "unknown");
  print_row ("architecture", domuimg_kernel_get_architecture (kernel) ?: "unknown");
  print_row ("compression", domuimg_kernel_get_compression (kernel));
  if (protocol != NULL)
    print_row ("boot protocol", protocol);
  print_rows ("note", notes);
  print_rows ("config", config);
  print_matrix (kernel, xen);
}

static void
add_verdict (JsonBuilder *builder, gboolean boots, const char *reason)
{
  cli_json_add_flag (builder, "boots", boots);
  cli_json_add_string (builder, "reason", reason);
}

/* Adds the types as which the domain builder of the newest Xen takes it. */
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
      add_verdict (builder, can, reason);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

static void
add_matrix (JsonBuilder *builder, DomuimgKernel *kernel, const char *xen)
{
  cli_json_add_string (builder, "xen", xen);
  json_builder_set_member_name (builder, "matrix");
  json_builder_begin_array (builder);
  for (guint i = 0; i < G_N_ELEMENTS (loaders) * G_N_ELEMENTS (types); i++)
    {
      DomuimgLoader loader = loaders[i / G_N_ELEMENTS (types)];
      DomuimgGuestType type = types[i % G_N_ELEMENTS (types)];
      g_autofree char *reason = NULL;
      gboolean can = domuimg_kernel_can_boot_with (kernel, type, loader, xen, &reason);

      json_builder_begin_object (builder);
      cli_json_add_string (builder, "loader", domuimg_loader_to_string (loader));
      cli_json_add_string (builder, "type", domuimg_guest_type_to_string (type));
      add_verdict (builder, can, reason);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

typedef struct {
  const char *path; /* in the image, or the file's */
  DomuimgKernel *kernel;
  const char *xen;
} Inspected;

static void
add_members (JsonBuilder *builder, const Inspected *one)
{
  DomuimgKernel *kernel = one->kernel;
  g_auto (GStrv) notes = domuimg_kernel_get_notes (kernel);
  g_auto (GStrv) config = domuimg_kernel_get_xen_config (kernel);

  cli_json_add_string (builder, "path", one->path);
  cli_json_add_string (builder, "format",
              domuimg_kernel_format_to_string (domuimg_kernel_get_format (kernel)));
  cli_json_add_string (builder, "version", domuimg_kernel_get_version (kernel));
  cli_json_add_string (builder, "architecture", domuimg_kernel_get_architecture (kernel));
  cli_json_add_string (builder, "compression", domuimg_kernel_get_compression (kernel));
  cli_json_add_string (builder, "boot_protocol", domuimg_kernel_get_boot_protocol (kernel));
  cli_json_add_lines (builder, "notes", notes);
  cli_json_add_lines (builder, "config", config);
  add_types (builder, kernel);
  add_matrix (builder, kernel, one->xen);
}

static void
add_kernel (JsonBuilder *builder, gpointer item)
{
  json_builder_begin_object (builder);
  add_members (builder, item);
  json_builder_end_object (builder);
}

/* Who asks for one kernel finds its members at the top, too. */
static void
print_json (GPtrArray *inspected)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  if (inspected->len > 0)
    add_members (builder, g_ptr_array_index (inspected, 0));
  cli_json_add_items (builder, "kernels", inspected, add_kernel);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static void
add (GPtrArray *inspected, const char *path, DomuimgKernel *kernel, const char *xen)
{
  Inspected *one = g_new (Inspected, 1);

  *one = (Inspected){ path, kernel, xen };
  g_ptr_array_add (inspected, one);
}

static void
show (GPtrArray *inspected, gboolean json)
{
  if (json)
    print_json (inspected);
  for (guint i = 0; i < inspected->len && !json; i++)
    {
      const Inspected *one = g_ptr_array_index (inspected, i);

      print_text (one->path, one->kernel, one->xen);
    }
  if (inspected->len == 0 && !json)
    g_print ("no kernel\n");
}

/* What is not a kernel may be an image with kernels in it; where it is none either, what it is as a
 * kernel counts. */
static int
run (const char *path, const char *xen, gboolean json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) as_image = NULL;
  g_autoptr (DomuimgKernel) kernel = domuimg_kernel_new_for_file (path, &error);
  g_autoptr (GPtrArray) inspected = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) installed
      = kernel == NULL ? domuimg_installed_kernel_list (path, NULL, &as_image) : NULL;

  if (kernel != NULL)
    add (inspected, path, kernel, xen);
  else if (installed == NULL)
    return cli_report (g_error_matches (as_image, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND)
                           ? error
                           : as_image);
  for (guint i = 0; installed != NULL && i < installed->len; i++)
    {
      DomuimgInstalledKernel *one = g_ptr_array_index (installed, i);

      if (domuimg_installed_kernel_get_kernel (one) != NULL)
        add (inspected, domuimg_installed_kernel_get_path (one),
             domuimg_installed_kernel_get_kernel (one), xen);
    }
  show (inspected, json);
  return CLI_DONE;
}

int
cli_kernel_inspect (int argc, char **argv)
{
  gboolean json = FALSE;
  g_autofree char *xen = NULL;
  const GOptionEntry entries[] = {
    { "xen", 0, 0, G_OPTION_ARG_STRING, &xen, "for this version of Xen (default: the host's)",
      "VERSION" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE|IMAGE");
  g_autoptr (DomuimgCheck) check = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Tells what a kernel is, and as which types of guests, by"
                                         " which loaders, Xen can start it.\nOf a disk image: for"
                                         " each kernel in it.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage ("usage: domuimg kernel inspect FILE|IMAGE [--xen VERSION] [--json]");
  if (xen == NULL)
    xen = domuimg_host_get_xen_version ();
  check = domuimg_check_new_for_image (argv[1]);
  if (!domuimg_check_set_xen_version (check, xen, &error))
    return cli_report (error);
  return run (argv[1], xen, json);
}
