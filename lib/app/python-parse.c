/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the imports of Python's source. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

/* Behind the string that starts at @at with a quote. */
static const char *
skip_string (const char *at)
{
  gboolean triple = at[1] == at[0] && at[2] == at[0];
  char quote = *at;

  for (at += triple ? 3 : 1; *at != '\0'; at++)
    {
      if (*at == '\\' && at[1] != '\0')
        at++;
      else if (*at == quote && (!triple || (at[1] == quote && at[2] == quote)))
        return at + (triple ? 3 : 1);
      else if (*at == '\n' && !triple)
        return at;
    }
  return at;
}

/* Over blanks, and over the ends of lines inside of parentheses or behind a backslash. */
static const char *
skip_blanks (const char *at, gboolean lines)
{
  for (;; at++)
    {
      if (*at == '#' && lines)
        at += strcspn (at, "\n");
      if (*at == '\\' && at[1] == '\n')
        at++;
      else if (*at != ' ' && *at != '\t' && *at != '\r' && !(lines && *at == '\n'))
        return at;
    }
}

static char *
take_name (const char **at)
{
  gsize length = strspn (*at, NAME);
  char *name = length > 0 && length < 256 ? g_strndup (*at, length) : NULL;

  *at += length;
  return name;
}

static gboolean
take_word (const char **at, const char *word)
{
  gsize length = strlen (word);

  if (strncmp (*at, word, length) != 0 || ((*at)[length] != '\0' && strchr (NAME, (*at)[length]) != NULL))
    return FALSE;
  *at += length;
  return TRUE;
}

/* "a.b as c, d" */
static const char *
take_import (const char *at, GPtrArray *imports)
{
  for (;;)
    {
      char *name;

      at = skip_blanks (at, FALSE);
      name = take_name (&at);
      if (name == NULL)
        return at;
      g_ptr_array_add (imports, name);
      at = skip_blanks (at, FALSE);
      if (take_word (&at, "as"))
        {
          at = skip_blanks (at, FALSE);
          at += strspn (at, NAME);
          at = skip_blanks (at, FALSE);
        }
      if (*at != ',')
        return at;
      at++;
    }
}

/* "..a import (b as c, d)" */
static const char *
take_from (const char *at, GPtrArray *imports)
{
  g_autofree char *from = NULL;
  gboolean open;

  at = skip_blanks (at, FALSE);
  from = take_name (&at);
  at = skip_blanks (at, FALSE);
  if (from == NULL || !take_word (&at, "import"))
    return at;
  at = skip_blanks (at, FALSE);
  open = *at == '(';
  at = skip_blanks (at + (open ? 1 : 0), open);
  g_ptr_array_add (imports, g_strdup (from));
  for (;;)
    {
      g_autofree char *name = take_name (&at);

      if (name == NULL)
        return at;
      g_ptr_array_add (imports, g_strconcat (from, ":", name, NULL));
      at = skip_blanks (at, open);
      if (take_word (&at, "as"))
        {
          at = skip_blanks (at, open);
          at += strspn (at, NAME);
          at = skip_blanks (at, open);
        }
      if (*at != ',')
        return at;
      at = skip_blanks (at + 1, open);
    }
}

/* import_module ("a.b") and __import__ ("a") of a name that stands there. */
static const char *
take_call (const char *at, GPtrArray *imports)
{
  at = skip_blanks (at, FALSE);
  if (*at != '(')
    return at;
  at = skip_blanks (at + 1, TRUE);
  if (*at != '"' && *at != '\'')
    return at;
  at++;
  g_autofree char *name = take_name (&at);
  if (name != NULL && *name != '.' && (*at == '"' || *at == '\''))
    g_ptr_array_add (imports, g_steal_pointer (&name));
  return at;
}

void
domuimg_python_parse (const char *text, GPtrArray *imports)
{
  gboolean at_start = TRUE; /* of a statement */
  const char *at = text;

  while (*at != '\0')
    {
      if (*at == '"' || *at == '\'')
        at = skip_string (at);
      else if (*at == '#')
        at += strcspn (at, "\n");
      else if (at_start && take_word (&at, "import"))
        at = take_import (at, imports);
      else if (at_start && take_word (&at, "from"))
        at = take_from (at, imports);
      else if (take_word (&at, "import_module") || take_word (&at, "__import__"))
        at = take_call (at, imports);
      else if (strchr (NAME, *at) != NULL)
        {
          static const char call[] = ".import_module";
          const char *word = at;

          at += strspn (at, NAME);
          if ((gsize) (at - word) > strlen (call)
              && strncmp (at - strlen (call), call, strlen (call)) == 0)
            at = take_call (at, imports);
          at_start = FALSE;
        }
      else
        {
          at_start = *at == '\n' || *at == ';' || *at == ':'
                     || (at_start && (*at == ' ' || *at == '\t' || *at == '\r'));
          at++;
        }
    }
}
