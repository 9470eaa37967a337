/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the commands that a shell script may run. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

#define DEPTH_MAX 16

/* A command follows them. */
static const char *const before_command[]
    = { "if",   "then", "elif", "else",  "do",    "while",   "until", "!",       "{",      "time",
        "exec", "env",  "nice", "nohup", "xargs", "command", "sudo",  "timeout", "setsid", "eval",
        "stdbuf", "chroot", "setpriv", "unshare", "trap", NULL };
/* None does. */
static const char *const before_names[]
    = { "for", "case", "select", "function", "in", "fi", "done", "esac", "}", NULL };
/* What a shell does itself. */
static const char *const builtins[]
    = { ".",      ":",     "[",       "alias",  "bg",     "break",   "cd",       "continue", "declare",
        "echo",   "exit",  "export",  "false",  "fg",     "getopts", "hash",     "jobs",     "kill",
        "let",    "local", "printf",  "pwd",    "read",   "readonly", "return",  "set",      "shift",
        "shopt",  "source", "test",   "times",  "true",   "type",    "typeset",  "ulimit",   "umask",
        "unalias", "unset", "wait",   "[[",     NULL };

typedef struct {
  const char *at;
  GPtrArray *commands;
  GPtrArray *paths;
  guint depth;
  gboolean expects_command;
  GString *word;
  gboolean is_literal; /* the word has no expansions in it */
  gboolean has_word;
} Parser;

static void parse (Parser *self, char end);

static void
add_once (GPtrArray *list, const char *text)
{
  if (!g_ptr_array_find_with_equal_func (list, text, g_str_equal, NULL))
    g_ptr_array_add (list, g_strdup (text));
}

static gboolean
is_assignment (const char *word)
{
  gsize length = strspn (word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

  return length > 0 && !g_ascii_isdigit (*word) && word[length] == '=';
}

static void
take_command (Parser *self, const char *word)
{
  if (g_strv_contains (before_command, word))
    {
      if (!g_strv_contains (builtins, word))
        add_once (self->commands, word);
      return;
    }
  /* An option or a number of the word before, as of "timeout -k 5 10". */
  if (is_assignment (word) || *word == '-' || g_ascii_isdigit (*word))
    return;
  self->expects_command = FALSE;
  if (!g_strv_contains (before_names, word) && !g_strv_contains (builtins, word))
    add_once (self->commands, word);
}

/* Ends the word; @is_name where it is a pattern of "case" or the name of a function. */
static void
end_word (Parser *self, gboolean is_name)
{
  const char *word = self->word->str;

  if (!self->has_word)
    return;
  if (self->is_literal && !is_name)
    {
      if (*word == '/' && word[1] != '\0')
        add_once (self->paths, word);
      if (self->expects_command)
        take_command (self, word);
    }
  else if (!is_assignment (word))
    self->expects_command = FALSE;
  g_string_truncate (self->word, 0);
  self->has_word = FALSE;
  self->is_literal = TRUE;
}

/* What is inside of $( ) or ` ` runs by itself. */
static void
parse_inside (Parser *self, char end)
{
  g_autoptr (GString) word = g_string_new (NULL);
  Parser inner = { self->at, self->commands, self->paths, self->depth + 1, TRUE, word, TRUE, FALSE };

  if (self->depth < DEPTH_MAX)
    parse (&inner, end);
  self->at = self->depth < DEPTH_MAX ? inner.at : self->at + strlen (self->at);
  self->is_literal = FALSE;
  self->has_word = TRUE;
}

static void
skip_braces (Parser *self)
{
  guint open = 0;

  for (; *self->at != '\0'; self->at++)
    {
      open += *self->at == '{' ? 1 : 0;
      if (*self->at == '}' && --open == 0)
        {
          self->at++;
          return;
        }
    }
}

static void
take_dollar (Parser *self)
{
  self->at++;
  self->is_literal = FALSE;
  self->has_word = TRUE;
  if (*self->at == '(')
    {
      self->at++;
      parse_inside (self, ')');
    }
  else if (*self->at == '{')
    skip_braces (self);
}

static void
take_double_quotes (Parser *self)
{
  self->has_word = TRUE;
  for (self->at++; *self->at != '\0' && *self->at != '"';)
    {
      if (*self->at == '\\' && self->at[1] != '\0')
        {
          g_string_append_c (self->word, self->at[1]);
          self->at += 2;
        }
      else if (*self->at == '$')
        take_dollar (self);
      else if (*self->at == '`')
        {
          self->at++;
          parse_inside (self, '`');
        }
      else
        g_string_append_c (self->word, *self->at++);
    }
  if (*self->at == '"')
    self->at++;
}

static void
take_single_quotes (Parser *self)
{
  const char *end = strchr (self->at + 1, '\'');
  gsize length = end != NULL ? (gsize) (end - self->at - 1) : strlen (self->at + 1);

  self->has_word = TRUE;
  g_string_append_len (self->word, self->at + 1, (gssize) length);
  self->at += length + (end != NULL ? 2 : 1);
}

/* "<<-EOF" up to the line EOF. */
static void
skip_here_document (Parser *self)
{
  const char *start = self->at + 2;
  g_autofree char *mark = NULL;
  gsize length;

  start += strspn (start, "- \t");
  start += strspn (start, "'\"\\");
  length = strcspn (start, " \t\n'\";|&)<>");
  mark = g_strndup (start, length);
  self->at = start + length;
  self->at += strspn (self->at, "'\"");
  for (const char *line = strchr (self->at, '\n'); line != NULL && length > 0;
       line = strchr (line + 1, '\n'))
    {
      const char *text = line + 1 + strspn (line + 1, "\t");

      if (strncmp (text, mark, length) == 0 && strchr ("\n", text[length]) != NULL)
        {
          self->at = text + length;
          self->expects_command = TRUE;
          return;
        }
    }
}

static void
take_separator (Parser *self)
{
  char c = *self->at++;

  end_word (self, c == ')');
  self->expects_command = strchr ("\n;|&(){}`", c) != NULL;
}

static void
take_redirection (Parser *self)
{
  gboolean expected = self->expects_command;

  end_word (self, FALSE);
  expected = expected && self->expects_command;
  self->at += strspn (self->at, "<>&|");
  self->at += strspn (self->at, " \t");
  /* Its target is no command. */
  self->expects_command = FALSE;
  if (expected)
    {
      self->at += strcspn (self->at, " \t\n;|&()");
      self->expects_command = TRUE;
    }
}

static void
take_character (Parser *self)
{
  const char *at = self->at;

  if (*at == '\\' && at[1] != '\0')
    {
      if (at[1] != '\n')
        g_string_append_c (self->word, at[1]);
      self->has_word = self->has_word || at[1] != '\n';
      self->at += 2;
    }
  else if (*at == '\'')
    take_single_quotes (self);
  else if (*at == '"')
    take_double_quotes (self);
  else if (*at == '$')
    take_dollar (self);
  else if (*at == '`')
    {
      self->at++;
      parse_inside (self, '`');
    }
  else
    {
      g_string_append_c (self->word, *self->at++);
      self->has_word = TRUE;
    }
}

static void
parse (Parser *self, char end)
{
  while (*self->at != '\0')
    {
      if (end != '\0' && *self->at == end)
        {
          end_word (self, FALSE);
          self->at++;
          return;
        }
      if (*self->at == '#' && !self->has_word)
        self->at += strcspn (self->at, "\n");
      else if (*self->at == ' ' || *self->at == '\t')
        {
          self->at++;
          end_word (self, FALSE);
        }
      else if (*self->at == '<' && self->at[1] == '<' && self->at[2] != '<')
        skip_here_document (self);
      else if (*self->at == '<' || *self->at == '>')
        take_redirection (self);
      else if (*self->at == '(' && self->has_word)
        {
          /* The name of a function. */
          end_word (self, TRUE);
          self->at++;
        }
      else if (strchr ("\n;|&()", *self->at) != NULL)
        take_separator (self);
      else
        take_character (self);
    }
  end_word (self, FALSE);
}

void
domuimg_shell_parse (const char *text, GPtrArray *commands, GPtrArray *paths)
{
  g_autoptr (GString) word = g_string_new (NULL);
  Parser self = { text, commands, paths, 0, TRUE, word, TRUE, FALSE };

  parse (&self, '\0');
}
