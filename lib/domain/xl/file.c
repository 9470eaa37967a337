/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/file.h"

#include <stdlib.h>
#include <string.h>

/* libxlutil's public interface names no keys and forgets comments and places, so this reads the
 * same language itself; the tests hold it against libxlutil. */

/* No setting of xl goes deeper than three, and no guest has a fraction of these. */
#define MAX_NESTING 16
#define MAX_SETTINGS 1024

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

void
domuimg_xl_setting_free (DomuimgXlSetting *self)
{
  g_free (self->key);
  domuimg_xl_value_free (self->value);
  g_free (self);
}

DomuimgXlFile *
domuimg_xl_file_new (const char *text, gsize length, const char *name)
{
  DomuimgXlFile *self = g_new0 (DomuimgXlFile, 1);

  self->name = g_strdup (name);
  self->text = g_strndup (text, length);
  self->settings = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xl_setting_free);
  return self;
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

static gboolean
fail_at (Parser *self, const char *at, const char *what)
{
  self->at = at;
  return fail (self, what);
}

/* What the text goes on with where it may not. */
static gboolean
fail_here (Parser *self, const char *what)
{
  if (*self->at == '#')
    return fail (self, "xl takes no comment on a last line that has no line end: add the line end");
  if (*self->at == '\r')
    return fail (self, "xl takes no line ends of DOS (CR LF): take the CR out, as dos2unix does");
  return fail (self, what);
}

/* Of a stray character, libxlutil's lexer complains when it has seen what follows; so at the very
 * end of the text it loses one. */
static void
skip_blanks (Parser *self)
{
  static const char begins[] = G_CSET_a_2_z G_CSET_DIGITS " \t\n,[]=;";

  while (self->at < self->end && (*self->at == ' ' || *self->at == '\t'))
    self->at++;
  if (self->at + 1 == self->end && strchr (begins, *self->at) == NULL)
    self->end--;
}

/* A comment with the end of its line, or that alone; a comment that the file ends in is none to
 * libxlutil, and stays. */
static gboolean
skip_newline (Parser *self)
{
  const char *end = self->at < self->end && *self->at == '#'
                        ? memchr (self->at, '\n', self->end - self->at)
                        : self->at;

  if (end == NULL || end >= self->end || *end != '\n')
    return FALSE;
  self->at = self->line_start = end + 1;
  self->line++;
  return TRUE;
}

static void
skip_lines (Parser *self)
{
  do
    skip_blanks (self);
  while (skip_newline (self));
}

static const char *
take (Parser *self, const char *set)
{
  const char *start = self->at;

  while (self->at < self->end && *self->at != '\0' && strchr (set, *self->at) != NULL)
    self->at++;
  return start;
}

/* The quote that ends the string which begins at @at, NULL without. A backslash takes the next
 * character with it, whatever it is. */
static const char *
find_quote (const Parser *self)
{
  char quote = *self->at;

  for (const char *at = self->at + 1; at < self->end && *at != '\n'; at++)
    {
      if (*at == quote)
        return at;
      if (*at == '\\' && (++at >= self->end || *at == '\n'))
        return NULL;
    }
  return NULL;
}

/* After a backslash and one octal digit libxlutil reads on as strtoul does, in decimal, up to three
 * characters; it wants two or more, and then loses them. Where the text goes on, NULL for what it
 * refuses. */
static const char *
skip_number (const char *at, const char *end)
{
  char digits[4] = "";
  char *after = NULL;

  memcpy (digits, at, MIN (end + 1 - at, 3));
  strtoul (digits, &after, 10);
  return after > digits + 1 ? at + (after - digits) : NULL;
}

/* Takes one escape, of which @at is what follows the backslash; @end is the string's quote. */
static const char *
take_escape (GString *text, const char *at, const char *end)
{
  static const char names[] = "abfnrtv";
  static const char values[] = "\a\b\f\n\r\t\v";
  const char *name = strchr (names, *at);

  if (strchr ("\"'\\", *at) != NULL)
    g_string_append_c (text, *at);
  else if (name != NULL)
    g_string_append_c (text, values[name - names]);
  else
    return *at >= '0' && *at <= '7' ? skip_number (at + 1, end) : NULL;
  return at + 1;
}

static DomuimgXlValue *
parse_string (Parser *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const char *end = find_quote (self);
  DomuimgXlValue *value;

  if (end == NULL)
    {
      fail (self, "the string does not end on its line: a quote is missing");
      return NULL;
    }
  for (const char *at = self->at + 1; at < end;)
    {
      const char *next = at + 1;

      if (*at != '\\')
        g_string_append_c (text, *at);
      else
        next = take_escape (text, at + 1, end);
      if (next == NULL)
        {
          fail_at (self, at, "after a backslash in a string, only \\, a quote or one of abfnrtv");
          return NULL;
        }
      at = next;
    }
  self->at = end + 1;
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
          fail_here (self, "between the values of a list must be a comma");
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
parse_bare_value (Parser *self, guint depth)
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

static DomuimgXlValue *
parse_value (Parser *self, guint depth)
{
  gsize start = self->at - self->file->text;
  DomuimgXlValue *value = parse_bare_value (self, depth);

  if (value == NULL)
    return NULL;
  value->start = start;
  value->end = self->at - self->file->text;
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
  if (self->at >= self->end || skip_newline (self))
    return TRUE;
  if (*self->at != ';')
    return fail_here (self, "after a value must be the end of the line, or ;");
  self->at++;
  return TRUE;
}

/* xl adds strings to strings and lists to lists. */
static gboolean
check_addition (Parser *self, GHashTable *kinds, const DomuimgXlSetting *setting)
{
  gboolean list = setting->value->kind == DOMUIMG_XL_LIST;
  gpointer before;

  if (setting->append && g_hash_table_lookup_extended (kinds, setting->key, NULL, &before)
      && GPOINTER_TO_INT (before) != list)
    return fail_at (self, self->file->text + setting->start,
                    "a list cannot be added to a string, nor a string to a list");
  g_hash_table_insert (kinds, setting->key, GINT_TO_POINTER (list));
  return TRUE;
}

static gboolean
parse_setting (Parser *self, GHashTable *kinds)
{
  DomuimgXlSetting *setting;
  const char *start = self->at;

  if (!g_ascii_islower (*self->at))
    return fail_here (self, "a setting begins with a key in lower case");
  if (self->file->settings->len >= MAX_SETTINGS)
    return fail (self, "these are more settings than a guest has");
  setting = g_new0 (DomuimgXlSetting, 1);
  g_ptr_array_add (self->file->settings, setting);
  setting->line = self->line;
  setting->column = column_of (self);
  take (self, G_CSET_a_2_z G_CSET_DIGITS "._");
  setting->key = g_strndup (start, self->at - start);
  if (!parse_operator (self, &setting->append))
    return FALSE;
  setting->start = start - self->file->text;
  setting->value_start = self->at - self->file->text;
  setting->value = parse_value (self, 0);
  setting->end = self->at - self->file->text;
  return setting->value != NULL && check_addition (self, kinds, setting) && parse_end (self);
}

DomuimgXlFile *
domuimg_xl_file_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgXlFile) self = domuimg_xl_file_new (text, length, name);
  g_autoptr (GHashTable) kinds = g_hash_table_new (g_str_hash, g_str_equal);
  Parser parser = { self };

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
      else if (!parse_setting (&parser, kinds))
        return NULL;
    }
  self->text[parser.end - self->text] = '\0';
  return g_steal_pointer (&self);
}
