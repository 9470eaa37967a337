/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text files of Windows. */
#include "config.h"
#include "lib/base/utf16.h"

#include <string.h>

/* NULL for what is not UTF-16; *@skip becomes the length of the mark. */
static const char *
find_encoding (const char *text, gsize length, gsize *skip)
{
  *skip = 2;
  if (length < 4 || length % 2 != 0)
    return NULL;
  if (memcmp (text, "\xff\xfe", 2) == 0)
    return "UTF-16LE";
  if (memcmp (text, "\xfe\xff", 2) == 0)
    return "UTF-16BE";
  *skip = 0;
  if (text[0] > 0 && text[1] == 0 && text[2] > 0 && text[3] == 0)
    return "UTF-16LE";
  return text[0] == 0 && text[1] > 0 && text[2] == 0 && text[3] > 0 ? "UTF-16BE" : NULL;
}

char *
domuimg_utf16_to_utf8 (const char *text, gsize length, gsize *converted)
{
  gsize skip;
  const char *encoding = find_encoding (text, length, &skip);
  g_autofree char *plain = NULL;
  gsize plain_length = 0;

  if (encoding != NULL)
    plain = g_convert (text + skip, (gssize) (length - skip), "UTF-8", encoding, NULL, &plain_length,
                       NULL);
  if (plain == NULL || memchr (plain, '\0', plain_length) != NULL)
    return NULL;
  if (converted != NULL)
    *converted = plain_length;
  return g_steal_pointer (&plain);
}
