/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* UUIDs between their text and their bytes. */
#include "config.h"
#include "lib/base/uuid.h"

void
domuimg_uuid_read (const char *text, guint8 bytes[DOMUIMG_UUID_SIZE])
{
  g_return_if_fail (g_uuid_string_is_valid (text));
  for (guint i = 0; i < DOMUIMG_UUID_SIZE; i++)
    {
      while (*text == '-')
        text++;
      bytes[i] = (guint8) (g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]));
      text += 2;
    }
}

char *
domuimg_uuid_format (const guint8 bytes[DOMUIMG_UUID_SIZE])
{
  const guint8 *u = bytes;

  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                          u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
                          u[12], u[13], u[14], u[15]);
}

/* Either way. */
static void
swap (const guint8 from[DOMUIMG_UUID_SIZE], guint8 to[DOMUIMG_UUID_SIZE])
{
  static const guint8 order[] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

  for (guint i = 0; i < DOMUIMG_UUID_SIZE; i++)
    to[i] = from[order[i]];
}

void
domuimg_guid_read (const char *text, guint8 bytes[DOMUIMG_UUID_SIZE])
{
  guint8 in_order[DOMUIMG_UUID_SIZE];

  domuimg_uuid_read (text, in_order);
  swap (in_order, bytes);
}

char *
domuimg_guid_format (const guint8 bytes[DOMUIMG_UUID_SIZE])
{
  guint8 in_order[DOMUIMG_UUID_SIZE];

  swap (bytes, in_order);
  return domuimg_uuid_format (in_order);
}
