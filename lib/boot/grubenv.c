/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the environment block in which GRUB saves variables. */
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
