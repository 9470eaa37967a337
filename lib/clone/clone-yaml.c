/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of guests in YAML 1.1: a list of mappings, read event by event by libyaml. */
#include "config.h"
#include "lib/clone/clone-table.h"

#include <string.h>
#include <yaml.h>

typedef struct {
  yaml_parser_t parser;
  yaml_event_t event; /* the one that was read last */
  const char *text;
  gsize length;
  const char *name;
} Reader;

static void
reader_clear (Reader *self)
{
  yaml_event_delete (&self->event);
  yaml_parser_delete (&self->parser);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static char *
tell_place (const Reader *self)
{
  const yaml_mark_t *mark = &self->event.start_mark;

  return g_strdup_printf ("%s:%zu:%zu", self->name, mark->line + 1, mark->column + 1);
}

static gboolean
fail (const Reader *self, const char *what, GError **error)
{
  g_autofree char *where = tell_place (self);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s", where, what);
}

static gboolean
fail_parsing (const Reader *self, GError **error)
{
  const yaml_parser_t *parser = &self->parser;

  if (parser->error == YAML_MEMORY_ERROR)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s: there is not enough memory to read it",
                         self->name);
  /* Where bytes are no text, only the offset is told. */
  if (parser->error == YAML_READER_ERROR)
    return domuimg_table_fail_at (self->text, MIN (parser->problem_offset, self->length), self->name,
                                  parser->problem, error);
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%zu:%zu: %s", self->name,
                       parser->problem_mark.line + 1, parser->problem_mark.column + 1,
                       parser->problem != NULL ? parser->problem : "this is not YAML");
}

static gboolean
next (Reader *self, GError **error)
{
  yaml_event_delete (&self->event);
  return yaml_parser_parse (&self->parser, &self->event) != 0 || fail_parsing (self, error);
}

/* What begins what is wanted, and nothing else. */
static gboolean
expect (Reader *self, yaml_event_type_t type, const char *what, GError **error)
{
  return next (self, error) && (self->event.type == type || fail (self, what, error));
}

/* A value that is empty, null or ~ is none. */
static gboolean
is_null (const Reader *self, const char *value)
{
  static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

  return self->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && g_strv_contains (words, value);
}

static gboolean
add_scalar (Reader *self, DomuimgRow *row, const char *key, GError **error)
{
  const char *value = (const char *) self->event.data.scalar.value;
  g_autofree char *where = tell_place (self);

  if (strlen (value) != self->event.data.scalar.length)
    return fail (self, "a character 0 is of no text", error);
  domuimg_row_add (row, key, is_null (self, value) ? "" : value, where);
  return TRUE;
}

static gboolean
add_list (Reader *self, DomuimgRow *row, const char *key, GError **error)
{
  while (next (self, error))
    {
      if (self->event.type == YAML_SEQUENCE_END_EVENT)
        return TRUE;
      if (self->event.type != YAML_SCALAR_EVENT)
        return fail (self, "expected a text, a number, true or false", error);
      if (!add_scalar (self, row, key, error))
        return FALSE;
    }
  return FALSE;
}

static gboolean
add_value (Reader *self, DomuimgRow *row, const char *key, GError **error)
{
  if (!next (self, error))
    return FALSE;
  if (self->event.type == YAML_SCALAR_EVENT)
    return add_scalar (self, row, key, error);
  if (self->event.type == YAML_SEQUENCE_START_EVENT)
    return add_list (self, row, key, error);
  return fail (self,
               self->event.type == YAML_ALIAS_EVENT
                   ? "aliases are not taken in a table of guests: write the value itself"
                   : "expected a text, a number, true, false, or a list of these",
               error);
}

static gboolean
add_guest (Reader *self, GPtrArray *table, GError **error)
{
  g_autofree char *where = tell_place (self);
  DomuimgRow *row = domuimg_table_add_row (table, where);

  while (next (self, error))
    {
      g_autofree char *key = NULL;

      if (self->event.type == YAML_MAPPING_END_EVENT)
        return TRUE;
      if (self->event.type != YAML_SCALAR_EVENT)
        return fail (self, "expected the name of a column", error);
      key = g_strdup ((const char *) self->event.data.scalar.value);
      if (strlen (key) != self->event.data.scalar.length)
        return fail (self, "a character 0 is of no text", error);
      if (!add_value (self, row, key, error))
        return FALSE;
    }
  return FALSE;
}

static gboolean
add_guests (Reader *self, GPtrArray *table, GError **error)
{
  static const char what[] = "expected a list of guests, each with its columns: - name: web1";

  if (!expect (self, YAML_STREAM_START_EVENT, what, error)
      || !expect (self, YAML_DOCUMENT_START_EVENT, what, error)
      || !expect (self, YAML_SEQUENCE_START_EVENT, what, error))
    return FALSE;
  while (next (self, error))
    {
      if (self->event.type == YAML_SEQUENCE_END_EVENT)
        return expect (self, YAML_DOCUMENT_END_EVENT, what, error)
               && expect (self, YAML_STREAM_END_EVENT, "a second document is not taken", error);
      if (self->event.type != YAML_MAPPING_START_EVENT)
        return fail (self, what, error);
      if (!add_guest (self, table, error))
        return FALSE;
    }
  return FALSE;
}

GPtrArray *
domuimg_table_parse_yaml (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (GPtrArray) table = domuimg_table_new ();
  const char *end = NULL;
  g_auto (Reader) self = { .text = text, .length = length, .name = name };

  if (!yaml_parser_initialize (&self.parser))
    {
      domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s: there is not enough memory to read it", name);
      return NULL;
    }
  if (!g_utf8_validate_len (text, length, &end))
    {
      domuimg_table_fail_at (text, (gsize) (end - text), name, "this is not UTF-8", error);
      return NULL;
    }
  yaml_parser_set_encoding (&self.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&self.parser, (const unsigned char *) text, length);
  return add_guests (&self, table, error) ? g_steal_pointer (&table) : NULL;
}
