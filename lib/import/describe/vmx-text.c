/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a .vmx, unescaped. */
#include "config.h"
#include "lib/import/describe/vmx-text.h"

#include <string.h>

#include "lib/import/describe/encoding.h"
#include "lib/import/describe/parts.h"

#define KEYS_MAX 20000

static char *
unescape (const char *value)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  for (const char *c = value; *c != '\0'; c++)
    {
      int high = *c == '|' ? g_ascii_xdigit_value (c[1]) : -1;
      int low = high >= 0 ? g_ascii_xdigit_value (c[2]) : -1;

      if (low < 0 || high * 16 + low == 0)
        {
          g_string_append_c (plain, *c);
          continue;
        }
      g_string_append_c (plain, (char) (high * 16 + low));
      c += 2;
    }
  return g_utf8_make_valid (plain->str, plain->len);
}

/* What stands between quotation marks, or up to a comment where there are none. */
static char *
take_value (char *text)
{
  char *end;

  g_strstrip (text);
  end = *text == '"' ? strchr (text + 1, '"') : NULL;
  if (*text == '"' && end == NULL)
    return NULL;
  if (end != NULL)
    {
      *end = '\0';
      return unescape (text + 1);
    }
  text[strcspn (text, "#")] = '\0';
  return unescape (g_strstrip (text));
}

static gboolean
take_line (GHashTable *keys, char *line)
{
  char *equals = strchr (line, '=');
  g_autofree char *value = NULL;

  g_strstrip (line);
  if (*line == '\0' || *line == '#')
    return TRUE;
  value = equals != NULL ? take_value (equals + 1) : NULL;
  if (value == NULL)
    return FALSE;
  *equals = '\0';
  g_hash_table_replace (keys, g_ascii_strdown (g_strchomp (line), -1), g_steal_pointer (&value));
  return TRUE;
}

char *
domuimg_vmx_text_decode (const char *text, gsize length)
{
  g_autoptr (GRegex) line
      = g_regex_new ("^\\s*\\.encoding\\s*=\\s*\"?([A-Za-z0-9_-]{1,20})\"?\\s*$",
                     G_REGEX_CASELESS | G_REGEX_MULTILINE | G_REGEX_RAW, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *encoding = NULL;

  /* The line stands at the top. What is UTF-8 all the same was edited by somebody. */
  if (memchr (text, '\0', length) != NULL || g_utf8_validate (text, (gssize) length, NULL)
      || !g_regex_match_full (line, text, (gssize) MIN (length, 4096), 0, 0, &match, NULL))
    return NULL;
  encoding = g_match_info_fetch (match, 1);
  return domuimg_encoding_decode (text, length, encoding);
}

GHashTable *
domuimg_vmx_text_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autofree char *plain = domuimg_hardware_text (text, length, name, error);
  g_autofree char *converted = plain != NULL ? domuimg_vmx_text_decode (text, length) : NULL;
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  char *rest = converted != NULL ? converted : plain;
  guint number = 0;

  while (rest != NULL)
    {
      char *end = strchr (rest, '\n');

      number++;
      if (end != NULL)
        *end = '\0';
      if (!take_line (keys, rest) || g_hash_table_size (keys) > KEYS_MAX)
        {
          domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                        "%s:%u: this is not a line of a .vmx, which are KEY = \"VALUE\"", name,
                        number);
          return NULL;
        }
      rest = end != NULL ? end + 1 : NULL;
    }
  return plain != NULL ? g_steal_pointer (&keys) : NULL;
}
