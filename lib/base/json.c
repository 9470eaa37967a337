/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON from elsewhere: json-glib calls itself for each level, however many there are. */
#include "config.h"
#include "lib/base/json.h"

#define DEPTH_MAX 32

static gboolean
is_shallow (const char *text, gsize length)
{
  guint depth = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < length; i++)
    {
      if (in_string && text[i] == '\\')
        i++;
      else if (text[i] == '"')
        in_string = !in_string;
      else if (!in_string && (text[i] == '{' || text[i] == '['))
        depth++;
      else if (!in_string && (text[i] == '}' || text[i] == ']') && depth > 0)
        depth--;
      if (depth > DEPTH_MAX)
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_json_load (JsonParser *parser, const char *text, gsize length, GError **error)
{
  if (is_shallow (text, length))
    return json_parser_load_from_data (parser, text, (gssize) length, error);
  g_set_error (error, JSON_PARSER_ERROR, JSON_PARSER_ERROR_PARSE, "more than %d levels", DEPTH_MAX);
  return FALSE;
}
