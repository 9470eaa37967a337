/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the helper programs print what they found: a line of JSON each. */
#include "config.h"
#include "cli/helpers/say.h"

#include <stdio.h>

#define INPUT_MAX ((gsize) 4 << 20)

void
say (JsonBuilder *builder)
{
  g_autoptr (JsonBuilder) owned = builder;
  g_autoptr (JsonNode) root = json_builder_get_root (owned);
  g_autofree char *text = json_to_string (root, FALSE);

  puts (text);
  fflush (stdout);
}

void
say_text (JsonBuilder *builder, const char *name, const char *text)
{
  g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

  json_builder_set_member_name (builder, name);
  if (valid != NULL)
    json_builder_add_string_value (builder, valid);
  else
    json_builder_add_null_value (builder);
}

void
say_number (JsonBuilder *builder, const char *name, gint64 number)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, number);
}

void
say_event (const char *event, const char *name, const char *text)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  say_text (builder, "event", event);
  if (name != NULL)
    say_text (builder, name, text);
  json_builder_end_object (builder);
  say (builder);
}

void
say_whether (const char *name, gboolean value)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
  json_builder_end_object (builder);
  say (builder);
}

char *
hear (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char block[16384];
  gsize got;

  while ((got = fread (block, 1, sizeof block, stdin)) > 0 && text->len < INPUT_MAX)
    g_string_append_len (text, block, got);
  if (!ferror (stdin) && text->len < INPUT_MAX)
    return g_string_free (g_steal_pointer (&text), FALSE);
  fprintf (stderr, "the configuration cannot be read from standard input\n");
  return NULL;
}
