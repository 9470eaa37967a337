/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/mac.h"

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
