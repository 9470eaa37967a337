/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* KEY=VALUE among the words of a kernel's command line, in files of several kinds. */
#include "config.h"
#include "lib/repair/words.h"

#include <string.h>

#define BLANKS " \t"
#define GRUBENV_SIZE 1024
#define GRUBENV_MARK "# GRUB Environment Block\n"

/* The length of the word at @at: blanks in quotes belong to it. */
static gsize
word_length (const char *at)
{
  const char *c = at;
  char quote = '\0';

  for (; *c != '\0' && (quote != '\0' || strchr (BLANKS, *c) == NULL); c++)
    if (*c == '\\' && c[1] != '\0' && quote != '\'')
      c++;
    else if (quote == '\0' && (*c == '"' || *c == '\''))
      quote = *c;
    else if (*c == quote)
      quote = '\0';
  return (gsize) (c - at);
}

/* The value of the word if its key is ours, without quotes; NULL if it is another's. */
static char *
value_of (const DomuimgParameter *self, const char *word, gsize length)
{
  g_autoptr (GString) plain = g_string_new (NULL);
  gsize key = strlen (self->key);

  for (gsize i = 0; i < length; i++)
    if (strchr ("\"'\\", word[i]) == NULL)
      g_string_append_c (plain, word[i]);
  if (strncmp (plain->str, self->key, key) != 0
      || (plain->str[key] != '=' && plain->str[key] != '\0'))
    return NULL;
  return g_strdup (plain->str[key] == '=' ? plain->str + key + 1 : "");
}

static gboolean
is_several (const DomuimgParameter *self)
{
  return self->value != NULL && g_str_equal (self->key, "console");
}

static gboolean
is_wrong (const DomuimgParameter *self, const char *value)
{
  if (is_several (self))
    return g_str_equal (value, self->value);
  return self->old == NULL || g_str_equal (value, self->old) || strchr (value, '$') != NULL;
}

static void
append_parameter (GString *out, const DomuimgParameter *self)
{
  const char *quote;

  if (self->value == NULL)
    return;
  quote = strpbrk (self->value, BLANKS) != NULL ? "\"" : "";
  if (out->len > 0 && strchr (BLANKS, out->str[out->len - 1]) == NULL)
    g_string_append_c (out, ' ');
  if (*self->value == '\0')
    g_string_append (out, self->key);
  else
    g_string_append_printf (out, "%s=%s%s%s", self->key, quote, self->value, quote);
}

static gboolean
is_end (const char *word, gsize length)
{
  return (length == 2 || length == 3) && strspn (word, "-") >= length;
}

static char *
edit (const DomuimgParameter *self, const char *words, gboolean append)
{
  g_autoptr (GString) out = g_string_new (NULL);
  gboolean has_key = FALSE, is_done = FALSE, is_ended = FALSE;
  const char *at = words;

  while (*at != '\0')
    {
      gsize blanks = strspn (at, BLANKS);
      gsize length = word_length (at + blanks);
      g_autofree char *value = is_ended ? NULL : value_of (self, at + blanks, length);

      if (!is_ended && is_end (at + blanks, length))
        {
          is_ended = TRUE;
          if (!is_done && append && !has_key)
            append_parameter (out, self);
          is_done = TRUE;
        }
      if (value == NULL || !is_wrong (self, value))
        {
          has_key |= value != NULL && !is_several (self);
          g_string_append_len (out, at, (gssize) (blanks + length));
        }
      else if (!is_several (self) && !is_done && self->value != NULL)
        {
          g_string_append_len (out, at, (gssize) blanks);
          append_parameter (out, self);
          is_done = TRUE;
        }
      else if (self->value == NULL && out->len == 0)
        blanks += strspn (at + blanks + length, BLANKS);
      at += blanks + length;
    }
  if (!is_done && append && !has_key)
    append_parameter (out, self);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
domuimg_parameter_edit (const DomuimgParameter *self, const char *words)
{
  return edit (self, words, TRUE);
}

char *
domuimg_parameter_replace (const DomuimgParameter *self, const char *words)
{
  return is_several (self) ? g_strdup (words) : edit (self, words, FALSE);
}

static gboolean
is_command (const char *word, gsize length, const char *const *commands)
{
  for (guint i = 0; commands[i] != NULL; i++)
    if (strlen (commands[i]) == length && g_ascii_strncasecmp (word, commands[i], length) == 0)
      return TRUE;
  return FALSE;
}

/* Where the words to edit begin, NULL where the line is none of ours. */
static const char *
find_words (const char *line, const char *const *commands, guint skip)
{
  const char *at = line + strspn (line, BLANKS);
  gsize length = word_length (at);

  if (!is_command (at, length, commands))
    return NULL;
  at += length;
  for (; skip > 0; skip--)
    {
      at += strspn (at, BLANKS);
      at += word_length (at);
    }
  return at;
}

static void
append_line (GString *out, const DomuimgParameter *self, const char *line, const char *words)
{
  /* A file from another system may end its lines with CR LF. */
  gboolean has_cr = g_str_has_suffix (words, "\r");
  g_autofree char *plain = g_strndup (words, strlen (words) - (has_cr ? 1 : 0));
  g_autofree char *edited = edit (self, plain, self->old == NULL || is_several (self));

  g_string_append_len (out, line, words - line);
  if (*edited != '\0' && strchr (BLANKS, *edited) == NULL && words > line)
    g_string_append_c (out, ' ');
  g_string_append (out, edited);
  if (has_cr)
    g_string_append_c (out, '\r');
}

char *
domuimg_parameter_edit_lines (const DomuimgParameter *self, const char *text,
                              const char *const *commands, guint skip)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *words = find_words (lines[i], commands, skip);

      if (i > 0)
        g_string_append_c (out, '\n');
      if (words == NULL)
        g_string_append (out, lines[i]);
      else
        append_line (out, self, lines[i], words);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Where the value of VARIABLE="..." lies in a line; anything more intricate is not touched. */
static gboolean
find_assignment (const char *line, const char *variable, const char **from, const char **to)
{
  const char *at = line + strspn (line, BLANKS);
  gsize length = strlen (variable);

  if (strncmp (at, variable, length) != 0 || at[length] != '=')
    return FALSE;
  at += length + 1;
  if (*at != '"' && *at != '\'')
    {
      *from = at;
      *to = at + strcspn (at, BLANKS "#;");
      return *to == *from;
    }
  *from = at + 1;
  *to = strchr (*from, *at);
  return *to != NULL && memchr (*from, '\\', (gsize) (*to - *from)) == NULL;
}

char *
domuimg_parameter_edit_assignment (const DomuimgParameter *self, const char *text,
                                   const char *variable, gboolean append)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);
  const char *from, *to;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (out, '\n');
      if (find_assignment (lines[i], variable, &from, &to))
        {
          g_autofree char *words = g_strndup (from, (gsize) (to - from));
          g_autofree char *edited = edit (self, words, append);
          const char *quote = from[-1] == '=' && *edited != '\0' ? "\"" : "";

          g_string_append_len (out, lines[i], from - lines[i]);
          g_string_append_printf (out, "%s%s%s%s", quote, edited, quote, to);
        }
      else
        g_string_append (out, lines[i]);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
domuimg_parameter_edit_after (const DomuimgParameter *self, const char *text, const char *prefix)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gsize length = strlen (prefix);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], prefix))
      {
        g_autofree char *edited
            = edit (self, lines[i] + length, self->old == NULL || is_several (self));
        char *line = g_strconcat (prefix, edited, NULL);

        g_free (lines[i]);
        lines[i] = line;
      }
  return g_strjoinv ("\n", lines);
}

gboolean
domuimg_parameter_is_assigned (const DomuimgParameter *self, const char *text,
                               const char *variable)
{
  const DomuimgParameter none = { self->key, NULL, NULL };
  g_autofree char *without = domuimg_parameter_edit_assignment (&none, text, variable, FALSE);

  return !g_str_equal (without, text);
}

char *
domuimg_parameter_edit_grubenv (const DomuimgParameter *self, const char *block, GError **error)
{
  g_autofree char *text = g_strdup (block);
  g_autoptr (GString) out = NULL;
  g_autofree char *edited = NULL;
  char *line, *end;

  if (!g_str_has_prefix (block, GRUBENV_MARK) || strlen (block) != GRUBENV_SIZE)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "this is not an environment block of GRUB");
      return NULL;
    }
  line = strstr (text, "\nkernelopts=");
  end = line != NULL ? strchr (line + 1, '\n') : NULL;
  if (end == NULL)
    return g_strdup (block);
  *end = '\0';
  out = g_string_new_len (text, line + 1 + strlen ("kernelopts=") - text);
  edited = edit (self, line + 1 + strlen ("kernelopts="),
                 self->old == NULL || is_several (self));
  g_string_append_printf (out, "%s\n%s", edited, end + 1);
  /* It is filled up with number signs. */
  while (out->len < GRUBENV_SIZE)
    g_string_append_c (out, '#');
  while (out->len > GRUBENV_SIZE && out->str[out->len - 1] == '#')
    g_string_truncate (out, out->len - 1);
  if (out->len == GRUBENV_SIZE)
    return g_string_free (g_steal_pointer (&out), FALSE);
  domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE,
                "GRUB's environment block of %d bytes has no room for %s=%s", GRUBENV_SIZE,
                self->key, self->value != NULL ? self->value : "");
  return NULL;
}
