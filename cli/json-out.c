/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints JSON. */
#include "config.h"
#include "cli/json-out.h"

#include "cli/cli.h"

void
cli_json_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

void
cli_json_print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, TRUE);

  g_print ("%s\n", text);
}

void
cli_json_print_items (GPtrArray *items, CliJsonAdd add)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < items->len; i++)
    add (builder, g_ptr_array_index (items, i));
  json_builder_end_array (builder);
  cli_json_print (builder);
}

static void
print_array (char **lines)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; lines[i] != NULL; i++)
    json_builder_add_string_value (builder, lines[i]);
  json_builder_end_array (builder);
  cli_json_print (builder);
}

void
cli_print_done (char **lines, gboolean json)
{
  if (json)
    print_array (lines);
  for (guint i = 0; !json && lines[i] != NULL; i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      g_print ("%s\n", plain);
    }
}
