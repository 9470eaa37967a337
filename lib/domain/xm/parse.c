/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expressions of the Python that xm's files are written in, without running it. */
#include "config.h"
#include "lib/domain/xm/parse.h"

#include <string.h>

#define MAX_NESTING 16
/* Names can be put together of names again and again. */
#define MAX_MADE (4 << 20)

static gboolean
fail_with (DomuimgXmParser *self, DomuimgError code, const char *what)
{
  if (self->error != NULL && *self->error != NULL)
    return FALSE;
  return domuimg_fail (self->error, code, "%s:%u:%u: %s", self->file->name, self->line,
                       (guint) (self->at - self->line_start + 1), what);
}

gboolean
domuimg_xm_fail (DomuimgXmParser *self, const char *what)
{
  return fail_with (self, DOMUIMG_ERROR_CORRUPT_INPUT, what);
}

gboolean
domuimg_xm_refuse (DomuimgXmParser *self, const char *what)
{
  return fail_with (self, DOMUIMG_ERROR_NOT_SUPPORTED, what);
}

void
domuimg_xm_newline (DomuimgXmParser *self)
{
  self->line_start = ++self->at;
  self->line++;
}

void
domuimg_xm_skip (DomuimgXmParser *self)
{
  while (self->at < self->end)
    {
      char c = *self->at;

      if (c == '#')
        while (self->at < self->end && *self->at != '\n')
          self->at++;
      else if (c == ' ' || c == '\t' || c == '\r' || c == '\f')
        self->at++;
      else if (c == '\\' && self->at[1] == '\n')
        {
          self->at++;
          domuimg_xm_newline (self);
        }
      else if (c == '\n' && self->depth > 0)
        domuimg_xm_newline (self);
      else
        return;
    }
}

gsize
domuimg_xm_name_length (const DomuimgXmParser *self)
{
  if (self->at >= self->end || (!g_ascii_isalpha (*self->at) && *self->at != '_'))
    return 0;
  return strspn (self->at, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_");
}

static DomuimgXlValue *
value_new (DomuimgXlKind kind, char *text)
{
  DomuimgXlValue *value = g_new0 (DomuimgXlValue, 1);

  value->kind = kind;
  value->text = text;
  if (kind == DOMUIMG_XL_LIST)
    value->items = g_ptr_array_new_with_free_func ((GDestroyNotify) domuimg_xl_value_free);
  return value;
}

static gboolean
spend (DomuimgXmParser *self, gsize bytes)
{
  self->budget += bytes + sizeof (DomuimgXlValue);
  return self->budget <= MAX_MADE || domuimg_xm_fail (self, "this comes to too much text");
}

static DomuimgXlValue *
copy_value (DomuimgXmParser *self, const DomuimgXlValue *value)
{
  g_autoptr (DomuimgXlValue) copy = value_new (value->kind, g_strdup (value->text));

  if (!spend (self, value->text != NULL ? strlen (value->text) : 0))
    return NULL;
  for (guint i = 0; value->items != NULL && i < value->items->len; i++)
    {
      DomuimgXlValue *item = copy_value (self, g_ptr_array_index (value->items, i));

      if (item == NULL)
        return NULL;
      g_ptr_array_add (copy->items, item);
    }
  return g_steal_pointer (&copy);
}

DomuimgXlValue *
domuimg_xm_add (DomuimgXmParser *self, const DomuimgXlValue *first, DomuimgXlValue *second)
{
  g_autoptr (DomuimgXlValue) taken = second;
  g_autoptr (DomuimgXlValue) sum = NULL;
  char *text;

  if (first->kind != second->kind || first->kind == DOMUIMG_XL_NUMBER)
    {
      domuimg_xm_refuse (self, "only strings are added to strings here, and lists to lists");
      return NULL;
    }
  sum = copy_value (self, first);
  if (sum == NULL)
    return NULL;
  if (sum->kind == DOMUIMG_XL_STRING)
    {
      if (!spend (self, strlen (second->text)))
        return NULL;
      text = g_strconcat (sum->text, second->text, NULL);
      g_free (sum->text);
      sum->text = text;
      return g_steal_pointer (&sum);
    }
  for (guint i = 0; i < second->items->len; i++)
    {
      DomuimgXlValue *item = copy_value (self, g_ptr_array_index (second->items, i));

      if (item == NULL)
        return NULL;
      g_ptr_array_add (sum->items, item);
    }
  return g_steal_pointer (&sum);
}

/* After a backslash; FALSE with an error. */
static gboolean
take_escape (DomuimgXmParser *self, GString *text)
{
  static const char names[] = "abfnrtv\\'\"";
  static const char values[] = "\a\b\f\n\r\t\v\\'\"";
  char c = *self->at;
  const char *name = c != '\0' ? strchr (names, c) : NULL;
  guint number = 0, digits = 0;

  if (c == '\n')
    {
      domuimg_xm_newline (self);
      return TRUE;
    }
  if (name != NULL)
    {
      g_string_append_c (text, values[name - names]);
      self->at++;
      return TRUE;
    }
  if (c == 'x' && g_ascii_isxdigit (self->at[1]) && g_ascii_isxdigit (self->at[2]))
    {
      number = g_ascii_xdigit_value (self->at[1]) * 16 + g_ascii_xdigit_value (self->at[2]);
      self->at += 3;
    }
  else if (c >= '0' && c <= '7')
    for (; digits < 3 && *self->at >= '0' && *self->at <= '7'; digits++)
      number = number * 8 + (*self->at++ - '0');
  else
    {
      /* Python leaves the backslash where it means nothing. */
      g_string_append_c (text, '\\');
      return TRUE;
    }
  if (number == 0 || number > 127)
    return domuimg_xm_fail (self, "this escape is not an ASCII character");
  g_string_append_c (text, (char) number);
  return TRUE;
}

/* One literal; @raw leaves backslashes. */
static gboolean
take_literal (DomuimgXmParser *self, GString *text, gboolean raw)
{
  char quote = *self->at;
  gboolean triple = self->at[1] == quote && self->at[2] == quote;

  self->at += triple ? 3 : 1;
  while (self->at < self->end)
    {
      if (*self->at == quote && (!triple || (self->at[1] == quote && self->at[2] == quote)))
        {
          self->at += triple ? 3 : 1;
          return TRUE;
        }
      if (*self->at == '\n' && !triple)
        break;
      if (*self->at == '\\' && !raw)
        {
          self->at++;
          if (!take_escape (self, text))
            return FALSE;
          continue;
        }
      if (*self->at == '\\' && self->at + 1 < self->end && self->at[1] != '\n')
        g_string_append_c (text, *self->at++);
      g_string_append_c (text, *self->at);
      if (*self->at == '\n')
        domuimg_xm_newline (self);
      else
        self->at++;
    }
  return domuimg_xm_fail (self, "the string does not end: a quote is missing");
}

/* The length of a prefix such as r or u before a quote; -1 where no string begins. */
static int
prefix_length (const DomuimgXmParser *self)
{
  gsize length = strspn (self->at, "rRuUbB");

  return length <= 2 && (self->at[length] == '"' || self->at[length] == '\'') ? (int) length : -1;
}

/* Literals that follow one another are one string. */
static DomuimgXlValue *
parse_string (DomuimgXmParser *self)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int prefix = prefix_length (self); prefix >= 0; prefix = prefix_length (self))
    {
      gboolean raw = memchr (self->at, 'r', prefix) != NULL
                     || memchr (self->at, 'R', prefix) != NULL;

      self->at += prefix;
      if (!take_literal (self, text, raw))
        return NULL;
      domuimg_xm_skip (self);
    }
  if (!spend (self, text->len))
    return NULL;
  if (strchr (text->str, '\n') == NULL)
    return value_new (DOMUIMG_XL_STRING, g_string_free (g_steal_pointer (&text), FALSE));
  domuimg_xm_refuse (self, "a string of several lines cannot be a value of a guest");
  return NULL;
}

/* Reads numbers as xl writes them: Python's octal ones have a leading 0, too. */
static DomuimgXlValue *
parse_number (DomuimgXmParser *self)
{
  const char *start = self->at;
  gboolean negative = *start == '-';
  gint64 number;
  char *end = NULL;

  number = g_ascii_strtoll (start, &end, 0);
  if (negative && !g_ascii_isdigit (start[1]))
    end = (char *) start;
  if (end == start || number == G_MAXINT64 || number == G_MININT64)
    {
      domuimg_xm_fail (self, "this is not a number");
      return NULL;
    }
  self->at = end;
  if (self->at < self->end && (*self->at == 'L' || *self->at == 'l'))
    self->at++;
  if (self->at < self->end && (g_ascii_isalnum (*self->at) || *self->at == '.' || *self->at == '_'))
    {
      domuimg_xm_refuse (self, "only whole numbers can be values of a guest");
      return NULL;
    }
  return value_new (DOMUIMG_XL_NUMBER, g_strdup_printf ("%" G_GINT64_FORMAT, number));
}

/* Either bracket; one value in parentheses without a comma is that value. */
static DomuimgXlValue *
parse_list (DomuimgXmParser *self)
{
  char close = *self->at == '[' ? ']' : ')';
  g_autoptr (DomuimgXlValue) list = value_new (DOMUIMG_XL_LIST, NULL);
  gboolean comma = FALSE;

  if (self->depth >= MAX_NESTING)
    {
      domuimg_xm_fail (self, "lists are nested too deeply");
      return NULL;
    }
  self->depth++;
  self->at++;
  for (domuimg_xm_skip (self); self->at < self->end && *self->at != close; domuimg_xm_skip (self))
    {
      DomuimgXlValue *item = domuimg_xm_expression (self);

      if (item == NULL)
        return NULL;
      g_ptr_array_add (list->items, item);
      domuimg_xm_skip (self);
      if (self->at >= self->end || *self->at != ',')
        break;
      comma = TRUE;
      self->at++;
    }
  if (self->at >= self->end || *self->at != close)
    {
      if (self->at >= self->end)
        domuimg_xm_fail (self, "the list does not end: a bracket is missing");
      else
        domuimg_xm_refuse (self, "what follows in the list would have to be run by Python");
      return NULL;
    }
  self->at++;
  self->depth--;
  if (close == ')' && !comma && list->items->len == 1)
    return g_ptr_array_steal_index (list->items, 0);
  return g_steal_pointer (&list);
}

static DomuimgXlValue *
parse_name (DomuimgXmParser *self, gsize length)
{
  static const struct {
    const char *name;
    const char *value;
  } constants[] = { { "True", "1" }, { "False", "0" } };
  g_autofree char *name = g_strndup (self->at, length);

  if (g_str_equal (name, "None"))
    {
      self->at += length;
      return value_new (DOMUIMG_XL_STRING, g_strdup (""));
    }
  for (guint i = 0; i < G_N_ELEMENTS (constants); i++)
    if (g_str_equal (name, constants[i].name))
      {
        self->at += length;
        return value_new (DOMUIMG_XL_NUMBER, g_strdup (constants[i].value));
      }
  for (guint i = self->file->settings->len; i > 0; i--)
    {
      const DomuimgXlSetting *setting = g_ptr_array_index (self->file->settings, i - 1);

      if (!g_str_equal (setting->key, name) || self->at[length] == '(' || self->at[length] == '.')
        continue;
      self->at += length;
      return copy_value (self, setting->value);
    }
  domuimg_xm_refuse (self, "this would have to be run by Python, which is not done: write what it "
                           "comes to");
  return NULL;
}

static DomuimgXlValue *
parse_term (DomuimgXmParser *self)
{
  gsize length;

  if (self->at >= self->end)
    {
      domuimg_xm_fail (self, "a value is missing");
      return NULL;
    }
  if (prefix_length (self) >= 0)
    return parse_string (self);
  if (*self->at == '[' || *self->at == '(')
    return parse_list (self);
  if (g_ascii_isdigit (*self->at) || *self->at == '-')
    return parse_number (self);
  length = domuimg_xm_name_length (self);
  if (length > 0)
    return parse_name (self, length);
  domuimg_xm_fail (self, "a value is a string, a number, a list or a name");
  return NULL;
}

DomuimgXlValue *
domuimg_xm_expression (DomuimgXmParser *self)
{
  DomuimgXlValue *value = parse_term (self);

  for (;;)
    {
      g_autoptr (DomuimgXlValue) first = value;
      const char *end = self->at;
      DomuimgXlValue *second;

      if (value == NULL)
        return NULL;
      domuimg_xm_skip (self);
      if (self->at >= self->end || *self->at != '+')
        {
          /* Where the value ends, comments after it are none of it; a joined line cannot be
           * given back. */
          if (memchr (end, '\n', self->at - end) == NULL)
            self->at = end;
          first = NULL;
          return value;
        }
      self->at++;
      domuimg_xm_skip (self);
      second = parse_term (self);
      value = second != NULL ? domuimg_xm_add (self, first, second) : NULL;
    }
}
