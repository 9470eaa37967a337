/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl-file.h"

#include <string.h>

/* libxlutil's public interface names no keys and forgets comments and places, so this reads the
 * same language itself; the tests hold it against libxlutil. */

#define MAX_NESTING 16

typedef struct {
  DomuimgXlFile *file;
  const char *at;
  const char *end;
  const char *line_start;
  guint line;
  GError **error;
} Parser;

void
domuimg_xl_value_free (DomuimgXlValue *self)
{
  if (self == NULL)
    return;
  g_free (self->text);
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_free (self);
}

static void
setting_free (gpointer data)
{
  DomuimgXlSetting *self = data;

  g_free (self->key);
  domuimg_xl_value_free (self->value);
  g_free (self);
}

void
domuimg_xl_file_free (DomuimgXlFile *self)
{
  g_free (self->name);
  g_free (self->text);
  g_ptr_array_unref (self->settings);
  g_free (self);
}

static guint
column_of (const Parser *self)
{
  return self->at - self->line_start + 1;
}

static gboolean
fail (Parser *self, const char *what)
{
  return domuimg_fail (self->error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s:%u:%u: %s", self->file->name,
                       self->line, column_of (self), what);
}

static void
skip_blanks (Parser *self)
{
  while (self->at < self->end && (*self->at == ' ' || *self->at == '\t'))
    self->at++;
  if (self->at < self->end && *self->at == '#')
    while (self->at < self->end && *self->at != '\n')
      self->at++;
}

static gboolean
is_newline (const Parser *self)
{
  return self->at < self->end
         && (*self->at == '\n'
             || (*self->at == '\r' && self->at + 1 < self->end && self->at[1] == '\n'));
}

static void
skip_newline (Parser *self)
{
  self->at += *self->at == '\r' ? 2 : 1;
  self->line++;
  self->line_start = self->at;
}

static void
skip_lines (Parser *self)
{
  for (skip_blanks (self); is_newline (self); skip_blanks (self))
    skip_newline (self);
}

static const char *
take (Parser *self, const char *set)
{
  const char *start = self->at;

  while (self->at < self->end && *self->at != '\0' && strchr (set, *self->at) != NULL)
    self->at++;
  return start;
}

static gboolean
take_escape (Parser *self, GString *text)
{
  static const char names[] = "abfnrtv";
  static const char values[] = "\a\b\f\n\r\t\v";
  const char *name;

  self->at++;
  if (self->at >= self->end || *self->at == '\0' || *self->at == '\n')
    return fail (self, "the string does not end on its line");
  if (strchr ("\"'\\", *self->at) != NULL)
    g_string_append_c (text, *self->at);
  else if ((name = strchr (names, *self->at)) != NULL)
    g_string_append_c (text, values[name - names]);
  else
    return fail (self, "after a backslash in a string, only \\, a quote or one of abfnrtv");
  self->at++;
  return TRUE;
}

static DomuimgXlValue *
parse_string (Parser *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char quote = *self->at++;
  DomuimgXlValue *value;

  while (self->at < self->end && *self->at != quote)
    {
      if (*self->at == '\n' || *self->at == '\0')
        break;
      if (*self->at != '\\')
        g_string_append_c (text, *self->at++);
      else if (!take_escape (self, text))
        return NULL;
    }
  if (self->at >= self->end || *self->at != quote)
    {
      fail (self, "the string does not end on its line");
      return NULL;
    }
  self->at++;
  value = g_new0 (DomuimgXlValue, 1);
  value->kind = DOMUIMG_XL_STRING;
  value->text = g_string_free (g_steal_pointer (&text), FALSE);
  return value;
}

static DomuimgXlValue *parse_value (Parser *self, guint depth);

static DomuimgXlValue *
parse_list (Parser *self, guint depth)
{
  g_autoptr (DomuimgXlValue) list = g_new0 (DomuimgXlValue, 1);

  list->kind = DOMUIMG_XL_LIST;
  list->items = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xl_value_free);
  if (depth > MAX_NESTING)
    {
      fail (self, "lists are nested too deeply");
      return NULL;
    }
  self->at++;
  for (skip_lines (self); self->at < self->end && *self->at != ']'; skip_lines (self))
    {
      DomuimgXlValue *item = parse_value (self, depth);

      if (item == NULL)
        return NULL;
      g_ptr_array_add (list->items, item);
      skip_lines (self);
      if (self->at < self->end && *self->at == ',')
        self->at++;
      else if (self->at < self->end && *self->at != ']')
        {
          fail (self, "between the values of a list must be a comma");
          return NULL;
        }
    }
  if (self->at >= self->end)
    {
      fail (self, "the list does not end: a ] is missing");
      return NULL;
    }
  self->at++;
  return g_steal_pointer (&list);
}

static DomuimgXlValue *
parse_value (Parser *self, guint depth)
{
  DomuimgXlValue *value;
  const char *start;

  if (self->at < self->end && (*self->at == '"' || *self->at == '\''))
    return parse_string (self);
  if (self->at < self->end && *self->at == '[')
    return parse_list (self, depth + 1);
  if (self->at >= self->end || !g_ascii_isdigit (*self->at))
    {
      fail (self, "a value is a number, a string in quotes, or a list in [ ]");
      return NULL;
    }
  start = take (self, G_CSET_DIGITS "abcdefx");
  value = g_new0 (DomuimgXlValue, 1);
  value->kind = DOMUIMG_XL_NUMBER;
  value->text = g_strndup (start, self->at - start);
  return value;
}

static gboolean
parse_operator (Parser *self, gboolean *append)
{
  skip_blanks (self);
  *append = self->at + 1 < self->end && self->at[0] == '+' && self->at[1] == '=';
  if (*append)
    self->at++;
  if (self->at >= self->end || *self->at != '=')
    return fail (self, "after a key must be = or +=");
  self->at++;
  skip_blanks (self);
  return TRUE;
}

static gboolean
parse_end (Parser *self)
{
  skip_blanks (self);
  if (self->at >= self->end)
    return TRUE;
  if (*self->at == ';')
    {
      self->at++;
      return TRUE;
    }
  if (!is_newline (self))
    return fail (self, "after a value must be the end of the line, or ;");
  skip_newline (self);
  return TRUE;
}

static gboolean
parse_setting (Parser *self)
{
  DomuimgXlSetting *setting;
  const char *start = self->at;

  if (!g_ascii_islower (*self->at))
    return fail (self, "a setting begins with a key in lower case");
  setting = g_new0 (DomuimgXlSetting, 1);
  g_ptr_array_add (self->file->settings, setting);
  setting->line = self->line;
  setting->column = column_of (self);
  take (self, G_CSET_a_2_z G_CSET_DIGITS "_");
  setting->key = g_strndup (start, self->at - start);
  if (!parse_operator (self, &setting->append))
    return FALSE;
  setting->start = start - self->file->text;
  setting->value_start = self->at - self->file->text;
  setting->value = parse_value (self, 0);
  setting->end = self->at - self->file->text;
  return setting->value != NULL && parse_end (self);
}

DomuimgXlFile *
domuimg_xl_file_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgXlFile) self = g_new0 (DomuimgXlFile, 1);
  Parser parser = { self };

  self->name = g_strdup (name);
  self->text = g_strndup (text, length);
  self->settings = g_ptr_array_new_with_free_func (setting_free);
  parser.at = parser.line_start = self->text;
  parser.end = self->text + strlen (self->text);
  parser.line = 1;
  parser.error = error;
  if (strlen (self->text) != length)
    {
      parser.at = parser.end;
      fail (&parser, "there is a NUL byte in the text");
      return NULL;
    }
  for (skip_lines (&parser); parser.at < parser.end; skip_lines (&parser))
    {
      if (*parser.at == ';')
        parser.at++;
      else if (!parse_setting (&parser))
        return NULL;
    }
  return g_steal_pointer (&self);
}
