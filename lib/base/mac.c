/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one reader and writer of MAC addresses. */
#include "config.h"
#include "lib/base/mac.h"

#include <string.h>

gboolean
domuimg_mac_read (const char *text, guint8 bytes[6])
{
  for (guint i = 0; i < 6; i++)
    {
      const char *at = text + 3 * i;
      char end = at[0] == '\0' || at[1] == '\0' ? '?' : at[2];

      if (!g_ascii_isxdigit (at[0]) || !g_ascii_isxdigit (at[1])
          || (i < 5 ? end != text[2] || (end != ':' && end != '-') : end != '\0'))
        return FALSE;
      bytes[i] = g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1]);
    }
  return TRUE;
}

gboolean
domuimg_mac_is_multicast (const guint8 bytes[6])
{
  return (bytes[0] & 1) != 0;
}

char *
domuimg_mac_format (const guint8 bytes[6])
{
  return g_strdup_printf ("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                          bytes[4], bytes[5]);
}

static gboolean
check (const char *text, guint8 bytes[6], GError **error)
{
  g_autofree char *shown = g_strescape (text, NULL);

  if (!domuimg_mac_read (text, bytes))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "mac \"%s\": is not six pairs of hexadecimal digits with colons, such as "
                         "00:16:3e:12:34:56",
                         shown);
  if (domuimg_mac_is_multicast (bytes))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "mac \"%s\": is a multicast address; an interface needs an even first byte",
                         shown);
  if (memcmp (bytes, "\0\0\0\0\0\0", 6) == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "mac \"%s\": an interface needs an address that is not all zero", shown);
  return TRUE;
}

char *
domuimg_mac_parse (const char *text, GError **error)
{
  guint8 bytes[6];

  return check (text, bytes, error) ? domuimg_mac_format (bytes) : NULL;
}
