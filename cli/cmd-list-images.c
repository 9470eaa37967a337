/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `domuimg list-images`. */
#include "config.h"
#include "cli/cli.h"
#include "cli/json-out.h"

static void
add_image (JsonBuilder *builder, gpointer item)
{
  DomuimgCloudImage *image = item;

  json_builder_begin_object (builder);
  cli_json_add_string (builder, "name", domuimg_cloud_image_get_name (image));
  cli_json_add_string (builder, "title", domuimg_cloud_image_get_title (image));
  cli_json_add_string (builder, "architecture", domuimg_cloud_image_get_architecture (image));
  cli_json_add_string (builder, "url", domuimg_cloud_image_get_url (image));
  cli_json_add_flag (builder, "checksum", domuimg_cloud_image_get_has_checksum (image));
  cli_json_add_flag (builder, "signed", domuimg_cloud_image_get_is_signed (image));
  cli_json_add_flag (builder, "keys", domuimg_cloud_image_get_has_keys (image));
  cli_json_add_flag (builder, "untried", domuimg_cloud_image_get_is_untried (image));
  json_builder_end_object (builder);
}

static const char *
verified_by (DomuimgCloudImage *image)
{
  if (domuimg_cloud_image_get_is_signed (image))
    return domuimg_cloud_image_get_has_keys (image) ? "signature" : "--keyring";
  return "--allow-unsigned";
}

static void
print_text (GPtrArray *images)
{
  g_print ("%-20s %-8s %-17s %-8s %s\n", "NAME", "ARCH", "VERIFIED BY", "TRIED", "SYSTEM");
  for (guint i = 0; i < images->len; i++)
    {
      DomuimgCloudImage *image = g_ptr_array_index (images, i);
      g_autofree char *line = g_strdup_printf (
          "%-20s %-8s %-17s %-8s %s", domuimg_cloud_image_get_name (image),
          domuimg_cloud_image_get_architecture (image), verified_by (image),
          domuimg_cloud_image_get_is_untried (image) ? "untried" : "yes",
          domuimg_cloud_image_get_title (image));
      g_autofree char *plain = cli_plain (line);

      g_print ("%s\n", plain);
    }
}

int
cli_list_images (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "print as JSON", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GPtrArray) images = NULL;
  g_autoptr (GError) error = NULL;
  int status = CLI_DONE;

  g_option_context_set_summary (context, "Lists vendors' cloud images that a guest can be made"
                                         " of, by name.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (argc > 1)
    return cli_usage ("list-images takes no argument such as “%s”", argv[1]);
  images = domuimg_cloud_image_list (&error);
  if (images == NULL)
    return cli_report (error);
  if (json)
    cli_json_print_items ("images", images, add_image);
  else
    print_text (images);
  return CLI_DONE;
}
