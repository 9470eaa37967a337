/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xm/file.h"

#include <string.h>

#include "lib/domain/xm/parse.h"

/* Statements of an xm file: NAME = EXPRESSION, NAME += EXPRESSION, and no others. */

#define MAX_SETTINGS 1024

static gboolean
is_word (const char *word, gsize length, const char *const *words)
{
  for (guint i = 0; words[i] != NULL; i++)
    if (strlen (words[i]) == length && strncmp (words[i], word, length) == 0)
      return TRUE;
  return FALSE;
}

/* The last assignment to @name, as Python would have it. */
static DomuimgXlSetting *
find (DomuimgXlFile *file, const char *name)
{
  for (guint i = file->settings->len; i > 0; i--)
    {
      DomuimgXlSetting *setting = g_ptr_array_index (file->settings, i - 1);

      if (g_str_equal (setting->key, name))
        return setting;
    }
  return NULL;
}

static gboolean
parse_operator (DomuimgXmParser *self, gboolean *append)
{
  domuimg_xm_skip (self);
  *append = self->at + 1 < self->end && self->at[0] == '+' && self->at[1] == '=';
  if (*append)
    self->at++;
  if (self->at >= self->end || *self->at != '='
      || (self->at + 1 < self->end && self->at[1] == '='))
    return domuimg_xm_refuse (self, "only assignments can be read without running Python");
  self->at++;
  domuimg_xm_skip (self);
  return TRUE;
}

static gboolean
parse_end (DomuimgXmParser *self)
{
  domuimg_xm_skip (self);
  if (self->at >= self->end || *self->at == '\n')
    return TRUE;
  if (*self->at == ';')
    {
      self->at++;
      return TRUE;
    }
  return domuimg_xm_refuse (self, "what follows the value would have to be run by Python");
}

/* Takes @value; after "+=" it is added to what @name had. */
static gboolean
store (DomuimgXmParser *self, DomuimgXlSetting *setting)
{
  DomuimgXlSetting *before = find (self->file, setting->key);

  if (!setting->append)
    return TRUE;
  if (before == NULL)
    return domuimg_xm_refuse (self, "nothing was assigned to this name before");
  setting->value = domuimg_xm_add (self, before->value, setting->value);
  setting->append = FALSE;
  return setting->value != NULL;
}

static gboolean
parse_statement (DomuimgXmParser *self)
{
  static const char *const statements[]
      = { "import", "from", "def", "class", "if", "for", "while", "try", "with", "exec", "print",
          "del", "global", "return", "pass", "assert", "raise", NULL };
  const char *start = self->at;
  gsize length = domuimg_xm_name_length (self);
  DomuimgXlSetting *setting;

  if (length == 0)
    return domuimg_xm_fail (self, "a statement begins with a name");
  if (is_word (start, length, statements))
    return domuimg_xm_refuse (self, "this statement would have to be run by Python, which is not "
                                    "done: write what it comes to");
  if (self->file->settings->len >= MAX_SETTINGS)
    return domuimg_xm_fail (self, "these are more settings than a guest has");
  setting = g_new0 (DomuimgXlSetting, 1);
  setting->key = g_strndup (start, length);
  setting->line = self->line;
  setting->column = start - self->line_start + 1;
  setting->start = start - self->file->text;
  self->at += length;
  if (parse_operator (self, &setting->append))
    {
      setting->value_start = self->at - self->file->text;
      setting->value = domuimg_xm_expression (self);
      setting->end = self->at - self->file->text;
    }
  if (setting->value != NULL && store (self, setting) && parse_end (self))
    {
      g_ptr_array_add (self->file->settings, setting);
      return TRUE;
    }
  domuimg_xl_setting_free (setting);
  return FALSE;
}

/* An indented line is part of a statement that is not read. */
static gboolean
parse_all (DomuimgXmParser *self)
{
  for (;;)
    {
      gboolean fresh = self->at == self->line_start;

      domuimg_xm_skip (self);
      if (self->at >= self->end)
        return TRUE;
      if (*self->at == '\n')
        {
          domuimg_xm_newline (self);
          continue;
        }
      if (fresh && self->at > self->line_start)
        return domuimg_xm_refuse (self, "an indented line would have to be run by Python");
      if (!parse_statement (self))
        return FALSE;
    }
}

DomuimgXlFile *
domuimg_xm_file_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_new (text, length, name);
  DomuimgXmParser parser = { file };

  parser.at = parser.line_start = file->text;
  parser.end = file->text + strlen (file->text);
  parser.line = 1;
  parser.error = error;
  if (strlen (file->text) != length)
    {
      parser.at = parser.end;
      domuimg_xm_fail (&parser, "there is a NUL byte in the text");
      return NULL;
    }
  return parse_all (&parser) ? g_steal_pointer (&file) : NULL;
}
