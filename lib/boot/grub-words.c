/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Divides a line of GRUB's language into words, and expands their variables. */
#include "config.h"
#include "lib/boot/grub-words.h"

#include <string.h>

#define NAME_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_"

#define BLANKS " \t\n\v\f\r"

/* The words so far; @has is set by quotes too, which make an empty one. */
typedef struct {
  DomuimgGrubReader *reader;
  GString *text;
  gboolean has;
  gsize total;
  GPtrArray *words;
} Words;

static void
add (Words *self, const char *text, gsize length)
{
  if (self->total + length > DOMUIMG_GRUB_WORDS_MAX)
    {
      self->reader->too_long = TRUE;
      return;
    }
  self->total += length;
  g_string_append_len (self->text, text, length);
  self->has = TRUE;
}

static void
end_word (Words *self)
{
  if (self->has)
    {
      g_ptr_array_add (self->words, g_strdup (self->text->str));
      self->total++;
    }
  g_string_truncate (self->text, 0);
  self->has = FALSE;
}

/* $name, ${name}, $1, $@ and their kin; NULL where the dollar sign stands for itself. */
static char *
take_variable (DomuimgGrubReader *self)
{
  gboolean braced = self->at[1] == '{';
  const char *start = self->at + 1 + braced;
  gsize length = *start != '\0' && strchr ("@*?#", *start) != NULL
                     ? 1
                     : strspn (start, g_ascii_isdigit (*start) ? G_CSET_DIGITS : NAME_CHARACTERS);
  g_autofree char *name = NULL;

  if (length == 0 || (braced && start[length] != '}'))
    return NULL;
  name = g_strndup (start, length);
  self->at = start + length + braced;
  return self->value (self->data, name);
}

static void
take_dollar (Words *words, gboolean quoted)
{
  DomuimgGrubReader *self = words->reader;
  g_autofree char *value = take_variable (self);

  if (value == NULL)
    {
      add (words, self->at++, 1);
      return;
    }
  if (quoted)
    {
      add (words, value, strlen (value));
      return;
    }
  /* Outside of quotes it falls into words; blanks at its ends part nothing. */
  for (const char *at = value + strspn (value, BLANKS); *at != '\0' && !self->too_long;)
    {
      gsize length = strcspn (at, BLANKS);

      add (words, at, length);
      at += length;
      at += strspn (at, BLANKS);
      if (*at != '\0')
        end_word (words);
    }
}

static void
take_single (Words *words)
{
  DomuimgGrubReader *self = words->reader;
  const char *start = ++self->at;

  words->has = TRUE;
  for (; *self->at != '\0' && *self->at != '\''; self->at++)
    self->line += *self->at == '\n';
  add (words, start, self->at - start);
  self->at += *self->at == '\'';
}

static void
take_double (Words *words)
{
  DomuimgGrubReader *self = words->reader;

  words->has = TRUE;
  self->at++;
  while (*self->at != '\0' && *self->at != '"' && !self->too_long)
    {
      if (*self->at == '$')
        {
          take_dollar (words, TRUE);
          continue;
        }
      if (self->at[0] == '\\' && self->at[1] == '\n')
        {
          self->at += 2;
          self->line++;
          continue;
        }
      if (self->at[0] == '\\' && self->at[1] != '\0' && strchr ("$\"\\", self->at[1]) != NULL)
        self->at++;
      self->line += *self->at == '\n';
      add (words, self->at++, 1);
    }
  self->at += *self->at == '"';
}

static void
take_escape (Words *words)
{
  DomuimgGrubReader *self = words->reader;

  self->at++;
  if (*self->at == '\n')
    self->line++;
  else if (*self->at != '\0')
    add (words, self->at, 1);
  self->at += *self->at != '\0';
}

static void
take_plain (Words *words)
{
  DomuimgGrubReader *self = words->reader;

  if (strchr ("|&<>", *self->at) != NULL)
    self->operator_ = *self->at;
  add (words, self->at++, 1);
}

char **
domuimg_grub_take_words (DomuimgGrubReader *self)
{
  Words words = { self, g_string_new (NULL), FALSE, 0, g_ptr_array_new () };

  while (*self->at != '\0' && strchr ("\n;{}", *self->at) == NULL && !self->too_long)
    {
      if (*self->at == '#' && !words.has)
        self->at += strcspn (self->at, "\n");
      else if (*self->at == '\'')
        take_single (&words);
      else if (*self->at == '"')
        take_double (&words);
      /* $"..." is text to be translated. */
      else if (*self->at == '$' && self->at[1] == '"')
        self->at++;
      else if (*self->at == '$')
        take_dollar (&words, FALSE);
      else if (*self->at == '\\')
        take_escape (&words);
      else if (*self->at == ' ' || *self->at == '\t' || *self->at == '\r')
        {
          end_word (&words);
          self->at++;
        }
      else
        take_plain (&words);
    }
  end_word (&words);
  g_string_free (words.text, TRUE);
  g_ptr_array_add (words.words, NULL);
  return (char **) g_ptr_array_free (words.words, FALSE);
}

static void
skip_quoted (DomuimgGrubReader *self)
{
  char quote = *self->at++;

  for (; *self->at != '\0' && *self->at != quote; self->at++)
    {
      if (quote == '"' && *self->at == '\\' && self->at[1] != '\0')
        self->at++;
      self->line += *self->at == '\n';
    }
  self->at += *self->at == quote;
}

/* One step through a block; the braces of ${name} come in pairs too. */
static void
skip_in_block (DomuimgGrubReader *self, const char *start)
{
  if (*self->at == '\'' || *self->at == '"')
    skip_quoted (self);
  else if (*self->at == '#' && (self->at == start || strchr (" \t\r\n;{}", self->at[-1]) != NULL))
    self->at += strcspn (self->at, "\n");
  else
    {
      if (*self->at == '\\' && self->at[1] != '\0')
        self->at++;
      self->line += *self->at == '\n';
      self->at++;
    }
}

char *
domuimg_grub_take_block (DomuimgGrubReader *self)
{
  const char *start = ++self->at;
  guint depth = 1;
  char *block;

  while (*self->at != '\0')
    {
      depth += *self->at == '{';
      depth -= *self->at == '}';
      if (depth == 0)
        break;
      skip_in_block (self, start);
    }
  block = g_strndup (start, self->at - start);
  self->at += *self->at == '}';
  return block;
}

void
domuimg_grub_skip_separators (DomuimgGrubReader *self)
{
  for (;; self->at++)
    {
      if (*self->at == '#')
        self->at += strcspn (self->at, "\n");
      if (*self->at == '\n')
        self->line++;
      else if (*self->at == '\0' || strchr (" \t\r;", *self->at) == NULL)
        return;
    }
}

char *
domuimg_grub_peek_keyword (const DomuimgGrubReader *self)
{
  gsize length = strspn (self->at, G_CSET_a_2_z);

  if (self->at[length] != '\0' && strchr (" \t\r\n;{}", self->at[length]) == NULL)
    length = 0;
  return g_strndup (self->at, length);
}
