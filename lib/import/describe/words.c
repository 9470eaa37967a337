/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds a command in a shell script, divided into words as a shell does. */
#include "config.h"
#include "lib/import/describe/words.h"

#include <string.h>

#define WORDS_MAX 4096

typedef struct {
  const char *at;
  guint line;
  GString *word;
  gboolean has_word; /* quotes make an empty one */
} Reader;

static void
take (Reader *self)
{
  if (*self->at == '\n')
    self->line++;
  g_string_append_c (self->word, *self->at++);
  self->has_word = TRUE;
}

/* After a backslash; a line that it continues is not part of the word. */
static void
take_escaped (Reader *self)
{
  gsize skip = g_str_has_prefix (self->at, "\r\n") ? 2 : *self->at == '\n';

  if (skip > 0)
    {
      self->at += skip;
      self->line++;
    }
  else if (*self->at != '\0')
    take (self);
}

static gboolean
take_quoted (Reader *self)
{
  char quote = *self->at++;

  self->has_word = TRUE;
  while (*self->at != '\0' && *self->at != quote)
    {
      if (quote == '"' && *self->at == '\\' && self->at[1] != '\0'
          && strchr ("\"\\$`\n", self->at[1]) != NULL)
        {
          self->at++;
          take_escaped (self);
        }
      else
        take (self);
    }
  if (*self->at == '\0')
    return FALSE;
  self->at++;
  return TRUE;
}

static void
skip_comment (Reader *self)
{
  while (*self->at != '\0' && *self->at != '\n')
    self->at++;
}

static void
end_word (Reader *self, GPtrArray *words)
{
  if (self->has_word)
    g_ptr_array_add (words, g_strdup (self->word->str));
  g_string_truncate (self->word, 0);
  self->has_word = FALSE;
}

/* Up to the end of one command, which may be empty. */
static gboolean
take_command (Reader *self, GPtrArray *words)
{
  while (*self->at != '\0' && strchr ("\n;&|()<>", *self->at) == NULL && words->len < WORDS_MAX)
    {
      char c = *self->at;

      if (c == '"' || c == '\'')
        {
          if (!take_quoted (self))
            return FALSE;
        }
      else if (c == '\\')
        {
          self->at++;
          take_escaped (self);
        }
      else if (c == ' ' || c == '\t' || c == '\r')
        {
          end_word (self, words);
          self->at++;
        }
      else if (c == '#' && !self->has_word)
        skip_comment (self);
      else
        take (self);
    }
  end_word (self, words);
  return words->len < WORDS_MAX;
}

static char **
from_program (GPtrArray *words, gboolean (*is_wanted) (const char *word))
{
  static const char *const before[] = { "exec", "sudo", "doas", "nohup", "nice", "env", "time",
                                        "then", "do", "if", "!", "{", NULL };

  for (guint i = 0; i < words->len; i++)
    {
      const char *word = g_ptr_array_index (words, i);

      if (is_wanted (word))
        {
          g_ptr_array_remove_range (words, 0, i);
          g_ptr_array_add (words, NULL);
          g_ptr_array_set_free_func (words, NULL);
          return (char **) g_ptr_array_steal (words, NULL);
        }
      if (!g_strv_contains (before, word) && strchr (word, '=') == NULL && *word != '-')
        return NULL;
    }
  return NULL;
}

char **
domuimg_words_find_command (const char *text, const char *name,
                            gboolean (*is_wanted) (const char *word), GError **error)
{
  g_autoptr (GString) word = g_string_new (NULL);
  Reader reader = { text, 1, word, FALSE };

  while (*reader.at != '\0')
    {
      g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
      guint line = reader.line;
      char **found;

      if (!take_command (&reader, words))
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                        "%s:%u: a quotation mark has no end, or the command is too long", name,
                        line);
          return NULL;
        }
      found = from_program (words, is_wanted);
      if (found != NULL)
        return found;
      if (*reader.at == '\n')
        reader.line++;
      if (*reader.at != '\0')
        reader.at++;
    }
  return NULL;
}
