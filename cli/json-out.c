/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints JSON: what all documents have in common. */
#include "config.h"
#include "cli/json-out.h"

#include "cli/cli.h"

/* It grows when a member changes its meaning or goes, not when one comes. */
#define DOCUMENT_VERSION 1

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
cli_json_add_flag (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

void
cli_json_add_lines (JsonBuilder *builder, const char *name, char **lines)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    json_builder_add_string_value (builder, lines[i]);
  json_builder_end_array (builder);
}

void
cli_json_add_items (JsonBuilder *builder, const char *name, GPtrArray *items, CliJsonAdd add)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
  for (guint i = 0; i < items->len; i++)
    add (builder, g_ptr_array_index (items, i));
  json_builder_end_array (builder);
}

static void
copy_member (JsonObject *object, const char *name, JsonNode *node, gpointer into)
{
  json_object_set_member (into, name, json_node_copy (node));
}

/* The version comes first. A document that has one has said it itself: a manifest. */
static void
print_document (JsonNode *node)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *document = json_object_new ();
  g_autofree char *text = NULL;

  json_node_take_object (root, document);
  json_object_set_int_member (document, "json_version", DOCUMENT_VERSION);
  json_object_foreach_member (json_node_get_object (node), copy_member, document);
  text = json_to_string (root, TRUE);
  g_print ("%s\n", text);
}

void
cli_json_print (JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);

  print_document (root);
}

void
cli_json_print_items (const char *name, GPtrArray *items, CliJsonAdd add)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_add_items (builder, name, items, add);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

void
cli_print_text (const char *text, gboolean json)
{
  g_autoptr (JsonNode) root = json ? json_from_string (text, NULL) : NULL;

  if (root != NULL)
    print_document (root);
  else
    g_print ("%s", text);
}

static void
print_changes (char **lines, gboolean done)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  cli_json_add_flag (builder, "done", done);
  cli_json_add_lines (builder, "changes", lines);
  json_builder_end_object (builder);
  cli_json_print (builder);
}

static void
print_lines (char **lines)
{
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *plain = cli_plain (lines[i]);

      g_print ("%s\n", plain);
    }
}

void
cli_print_done (char **lines, gboolean json)
{
  if (json)
    print_changes (lines, TRUE);
  else
    print_lines (lines);
}

void
cli_print_plan (char **lines, gboolean json)
{
  if (json)
    print_changes (lines, FALSE);
  else
    print_lines (lines);
}
