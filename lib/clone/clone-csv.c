/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comma-separated values, as RFC 4180 has them. */
#include "config.h"
#include "lib/clone/clone-table.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* Where the parser is; lines and columns count from 1, columns in characters. */
typedef struct {
  const char *at, *end;
  const char *name;
  guint line;
  const char *line_start;
} Reader;

typedef struct {
  char *text;
  char *where;
} Field;

static void
field_free (gpointer data)
{
  Field *self = data;

  g_free (self->text);
  g_free (self->where);
  g_free (self);
}

static char *
tell_place (const Reader *self)
{
  glong column = g_utf8_strlen (self->line_start, self->at - self->line_start) + 1;

  return g_strdup_printf ("%s:%u:%ld", self->name, self->line, column);
}

static gboolean
fail (const Reader *self, GError **error, const char *what)
{
  g_autofree char *where = tell_place (self);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s", where, what);
}

static gboolean
is_line_end (const Reader *self)
{
  return self->at == self->end || *self->at == '\n'
         || (*self->at == '\r' && self->at + 1 < self->end && self->at[1] == '\n');
}

static void
pass_line_end (Reader *self)
{
  if (self->at < self->end && *self->at == '\r')
    self->at++;
  if (self->at < self->end && *self->at == '\n')
    self->at++;
  self->line++;
  self->line_start = self->at;
}

/* Behind the first quote, up to behind the last one. */
static gboolean
read_quoted (Reader *self, GString *text, GError **error)
{
  const Reader begin = *self;

  for (self->at++; self->at < self->end; self->at++)
    {
      if (*self->at == '"' && self->at + 1 < self->end && self->at[1] == '"')
        self->at++;
      else if (*self->at == '"')
        {
          self->at++;
          return (self->at < self->end && *self->at == ',') || is_line_end (self)
                 || fail (self, error, "expected a comma or the line's end behind the quotes");
        }
      if (*self->at == '\n')
        {
          self->line++;
          self->line_start = self->at + 1;
        }
      g_string_append_c (text, *self->at);
    }
  return fail (&begin, error, "these quotes are not closed");
}

static gboolean
read_plain (Reader *self, GString *text, GError **error)
{
  for (; !is_line_end (self) && *self->at != ','; self->at++)
    {
      if (*self->at == '"')
        return fail (self, error, "quotes stand around a whole field only");
      if (*self->at == '\r')
        return fail (self, error, "a carriage return within a line");
      g_string_append_c (text, *self->at);
    }
  return TRUE;
}

static gboolean
read_field (Reader *self, GPtrArray *fields, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  Field *field = g_new0 (Field, 1);

  g_ptr_array_add (fields, field);
  field->where = tell_place (self);
  if (!(self->at < self->end && *self->at == '"' ? read_quoted (self, text, error)
                                                 : read_plain (self, text, error)))
    return FALSE;
  field->text = g_strdup (g_strstrip (text->str));
  return TRUE;
}

/* (element-type Field) (transfer full) A line's. */
static GPtrArray *
read_line (Reader *self, GError **error)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (field_free);

  for (;;)
    {
      if (!read_field (self, fields, error))
        return NULL;
      if (is_line_end (self))
        break;
      self->at++;
    }
  pass_line_end (self);
  return g_steal_pointer (&fields);
}

static gboolean
is_empty (const GPtrArray *fields)
{
  return fields->len == 1 && *((const Field *) g_ptr_array_index (fields, 0))->text == '\0';
}

static gboolean
check_header (const GPtrArray *header, GError **error)
{
  for (guint i = 0; i < header->len; i++)
    {
      const Field *field = g_ptr_array_index (header, i);

      if (*field->text == '\0')
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: a column has no name; the first line names all of them",
                             field->where);
    }
  return TRUE;
}

static gboolean
add_row (GPtrArray *table, const GPtrArray *header, const GPtrArray *fields, GError **error)
{
  const Field *first = g_ptr_array_index (fields, 0);
  DomuimgRow *row = domuimg_table_add_row (table, first->where);

  if (fields->len != header->len)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the line has %u fields, and the first line names %u columns",
                         first->where, fields->len, header->len);
  for (guint i = 0; i < fields->len; i++)
    {
      const Field *field = g_ptr_array_index (fields, i);

      domuimg_row_add (row, ((const Field *) g_ptr_array_index (header, i))->text, field->text,
                       field->where);
    }
  return TRUE;
}

static gboolean
check_text (const Reader *reader, GError **error)
{
  const char *bad;
  Reader there = *reader;

  if (g_utf8_validate_len (reader->at, (gsize) (reader->end - reader->at), &bad))
    return TRUE;
  for (; there.at < bad; there.at++)
    if (*there.at == '\n')
      {
        there.line++;
        there.line_start = there.at + 1;
      }
  return fail (&there, error, "a byte that is not of a text in UTF-8");
}

GPtrArray *
domuimg_table_parse_csv (const char *text, gsize length, const char *name, GError **error)
{
  gsize mark = length >= 3 && memcmp (text, BYTE_ORDER_MARK, 3) == 0 ? 3 : 0;
  Reader reader = { text + mark, text + length, name, 1, text + mark };
  g_autoptr (GPtrArray) table = domuimg_table_new ();
  g_autoptr (GPtrArray) header = NULL;

  if (!check_text (&reader, error))
    return NULL;
  while (reader.at < reader.end)
    {
      g_autoptr (GPtrArray) fields = read_line (&reader, error);

      if (fields == NULL)
        return NULL;
      if (is_empty (fields))
        continue;
      if (header == NULL ? !check_header (fields, error) : !add_row (table, header, fields, error))
        return NULL;
      if (header == NULL)
        header = g_steal_pointer (&fields);
    }
  if (header != NULL)
    return g_steal_pointer (&table);
  fail (&reader, error, "the table is empty; its first line names the columns");
  return NULL;
}
