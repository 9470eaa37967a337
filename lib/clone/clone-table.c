/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of guests, read from files. */
#include "config.h"
#include "lib/clone/clone-table.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (16 << 20)

static void
cell_free (gpointer data)
{
  DomuimgCell *self = data;

  g_free (self->name);
  g_free (self->value);
  g_free (self->where);
  g_free (self);
}

static void
row_free (gpointer data)
{
  DomuimgRow *self = data;

  g_ptr_array_unref (self->cells);
  g_free (self->where);
  g_free (self);
}

GPtrArray *
domuimg_table_new (void)
{
  return g_ptr_array_new_with_free_func (row_free);
}

DomuimgRow *
domuimg_table_add_row (GPtrArray *self, const char *where)
{
  DomuimgRow *row = g_new0 (DomuimgRow, 1);

  row->where = g_strdup (where);
  row->cells = g_ptr_array_new_with_free_func (cell_free);
  g_ptr_array_add (self, row);
  return row;
}

void
domuimg_row_add (DomuimgRow *self, const char *name, const char *value, const char *where)
{
  DomuimgCell *cell = g_new0 (DomuimgCell, 1);

  cell->name = g_strdup (name);
  cell->value = g_strdup (value);
  cell->where = g_strdup (where);
  g_ptr_array_add (self->cells, cell);
}

/* (transfer full) (nullable) A value of JSON as a specification has it. */
static char *
value_of (JsonNode *node)
{
  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return json_node_dup_string (node);
    case G_TYPE_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    case G_TYPE_BOOLEAN:
      return g_strdup (json_node_get_boolean (node) ? "true" : "false");
    default:
      return NULL;
    }
}

static gboolean
add_value (DomuimgRow *row, const char *name, JsonNode *node, const char *where, GError **error)
{
  g_autofree char *value = value_of (node);

  if (value == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: expected a text, a whole number, true or false", where);
  domuimg_row_add (row, name, value, where);
  return TRUE;
}

static gboolean
add_member (DomuimgRow *row, const char *name, JsonNode *node, GError **error)
{
  g_autofree char *where = g_strdup_printf ("%s: “%s”", row->where, name);
  JsonArray *array = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  if (JSON_NODE_HOLDS_NULL (node))
    {
      domuimg_row_add (row, name, "", where);
      return TRUE;
    }
  if (array == NULL)
    return add_value (row, name, node, where, error);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!add_value (row, name, json_array_get_element (array, i), where, error))
      return FALSE;
  return TRUE;
}

static gboolean
add_object (GPtrArray *table, JsonNode *node, const char *where, GError **error)
{
  DomuimgRow *row = domuimg_table_add_row (table, where);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: expected an object", where);
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &name, &member))
    if (!add_member (row, name, member, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_table_fail_at (const char *text, gsize offset, const char *name, const char *what, GError **error)
{
  guint line = 1, column = 1;

  for (gsize i = 0; i < offset; i++)
    {
      column = text[i] == '\n' ? 1 : column + ((text[i] & 0xc0) != 0x80);
      line += text[i] == '\n';
    }
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%u:%u: %s", name, line, column, what);
}

/* A text would end where it has the character 0, and what is behind it would be lost without a word. */
static gboolean
check_zeros (const char *text, gsize length, const char *name, GError **error)
{
  static const char escape[] = "\\u0000";

  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '\0'
          || (length - i >= strlen (escape) && memcmp (text + i, escape, strlen (escape)) == 0))
        return domuimg_table_fail_at (text, i, name, "a character 0 is of no text", error);
      /* The character behind it is escaped. */
      i += text[i] == '\\';
    }
  return TRUE;
}

#define NO_NAME "<data>"

/* The parser puts line and column into its message, behind what it takes for the name of the file. */
static gboolean
fail_parsing (const char *name, const char *message, GError **error)
{
  if (g_str_has_prefix (message, NO_NAME))
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s%s", name, message + strlen (NO_NAME));
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s", name, message);
}

GPtrArray *
domuimg_table_parse_json (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GPtrArray) table = domuimg_table_new ();
  g_autoptr (GError) local = NULL;
  JsonNode *root;
  JsonArray *array;

  if (!check_zeros (text, length, name, error))
    return NULL;
  if (!json_parser_load_from_data (parser, text, (gssize) length, &local))
    {
      fail_parsing (name, local->message, error);
      return NULL;
    }
  root = json_parser_get_root (parser);
  array = root != NULL && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;
  if (array == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: expected a list of objects", name);
      return NULL;
    }
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autofree char *where = g_strdup_printf ("%s: entry %u", name, i + 1);

      if (!add_object (table, json_array_get_element (array, i), where, error))
        return NULL;
    }
  return g_steal_pointer (&table);
}

static gboolean
read_text (const char *path, char **text, gsize *length, GError **error)
{
  g_autoptr (GError) local = NULL;
  struct stat status;

  if (stat (path, &status) == 0 && S_ISREG (status.st_mode) && status.st_size > FILE_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: a table of guests has at most %d MiB", path, FILE_MAX >> 20);
  return g_file_get_contents (path, text, length, &local)
         || domuimg_fail (error,
                          g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT)
                              ? DOMUIMG_ERROR_NOT_FOUND
                              : DOMUIMG_ERROR_IO,
                          "%s", local->message);
}

static const struct {
  const char *suffix;
  GPtrArray *(*parse) (const char *text, gsize length, const char *name, GError **error);
} formats[] = {
  { ".csv", domuimg_table_parse_csv },
  { ".json", domuimg_table_parse_json },
  { ".yaml", domuimg_table_parse_yaml },
  { ".yml", domuimg_table_parse_yaml },
};

GPtrArray *
domuimg_table_read (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_has_suffix (path, formats[i].suffix))
      return read_text (path, &text, &length, error) ? formats[i].parse (text, length, path, error)
                                                     : NULL;
  domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                "%s: a table of guests is a file whose name ends in .csv, .json or .yaml", path);
  return NULL;
}
