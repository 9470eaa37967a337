/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The environment block in which GRUB saves variables: it has a fixed size, is filled up with “#”, and GRUB
 * writes it to the blocks that the file has. */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

#define SIGNATURE "# GRUB Environment Block\n"

/* A backslash keeps the next character, a newline too. */
static const char *
take_line (const char *at, GString *line)
{
  g_string_truncate (line, 0);
  for (; *at != '\0' && *at != '\n'; at++)
    {
      if (*at == '\\' && at[1] != '\0')
        at++;
      g_string_append_c (line, *at);
    }
  return *at == '\n' ? at + 1 : at;
}

gboolean
domuimg_grubenv_parse (const char *text, GHashTable *variables)
{
  g_autoptr (GString) line = g_string_new (NULL);

  if (!g_str_has_prefix (text, SIGNATURE))
    return FALSE;
  for (const char *at = text + strlen (SIGNATURE); *at != '\0';)
    {
      char *equals;

      at = take_line (at, line);
      equals = strchr (line->str, '=');
      /* What is left of the block is filled up with "#". */
      if (line->str[0] == '#' || equals == NULL)
        continue;
      g_hash_table_replace (variables, g_strndup (line->str, equals - line->str),
                            g_strdup (equals + 1));
    }
  return TRUE;
}

static gboolean
is_name (const char *name)
{
  return *name != '\0' && name[strspn (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_")] == '\0';
}

/* The end of the line at @at, behind its newline; NULL where what fills up the block begins. */
static const char *
find_end (const char *at)
{
  for (; *at != '\0' && *at != '\n'; at++)
    if (*at == '\\' && at[1] != '\0')
      at++;
  return *at == '\n' ? at + 1 : NULL;
}

static void
append_variable (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, "%s=", name);
  for (; *value != '\0'; value++)
    {
      if (*value == '\\' || *value == '\n')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *value);
    }
  g_string_append_c (text, '\n');
}

/* All lines of @text but those that set @name. */
static GString *
copy_others (const char *text, const char *name)
{
  GString *copy = g_string_new (SIGNATURE);
  const char *at = text + strlen (SIGNATURE), *end;
  gsize length = strlen (name);

  for (; (end = find_end (at)) != NULL; at = end)
    if (strncmp (at, name, length) != 0 || at[length] != '=')
      g_string_append_len (copy, at, end - at);
  return copy;
}

gboolean
domuimg_grubenv_set (char *block, const char *name, const char *value, GError **error)
{
  g_autofree char *text = g_strndup (block, DOMUIMG_GRUBENV_SIZE);
  g_autoptr (GString) changed = NULL;

  if (!g_str_has_prefix (text, SIGNATURE) || strlen (text) != DOMUIMG_GRUBENV_SIZE)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "it is not an environment block of GRUB");
  if (!is_name (name))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "“%s” is not a variable's name", name);
  changed = copy_others (text, name);
  if (value != NULL)
    append_variable (changed, name, value);
  if (changed->len > DOMUIMG_GRUBENV_SIZE)
    return domuimg_fail (error, DOMUIMG_ERROR_NO_SPACE, "the environment block is full");
  memset (block, '#', DOMUIMG_GRUBENV_SIZE);
  memcpy (block, changed->str, changed->len);
  return TRUE;
}
