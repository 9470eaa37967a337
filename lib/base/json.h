/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <json-glib/json-glib.h>

/* Reads @text, unless its levels are more than anybody needs: each takes a part of the stack. */
gboolean domuimg_json_load (JsonParser *parser, const char *text, gsize length, GError **error);

/* null for NULL. */
static inline void
domuimg_json_add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value != NULL)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static inline void
domuimg_json_add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static inline void
domuimg_json_begin_array (JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_array (builder);
}

static inline void
domuimg_json_begin_object (JsonBuilder *builder, const char *name)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
}

/* @mib is what Xen counts memory in; all sizes in JSON are in bytes. */
static inline void
domuimg_json_add_mib (JsonBuilder *builder, const char *name, gint64 mib)
{
  domuimg_json_add_int (builder, name, mib << 20);
}

static inline void
domuimg_json_add_lines (JsonBuilder *builder, const char *name, const GPtrArray *lines)
{
  domuimg_json_begin_array (builder, name);
  for (guint i = 0; i < lines->len; i++)
    json_builder_add_string_value (builder, (const char *) g_ptr_array_index (lines, i));
  json_builder_end_array (builder);
}
