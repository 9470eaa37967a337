/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MAC addresses and UUIDs for new guests, random or from a seed. */
#include "config.h"
#include "lib/domain/model/identity.h"

#include <string.h>

#include "lib/base/mac.h"
#include "lib/base/uuid.h"

char *
domuimg_mac_new_random (void)
{
  g_autofree char *seed = domuimg_uuid_new_random ();

  return domuimg_mac_new_from_seed (seed);
}

char *
domuimg_mac_new_from_seed (const char *seed)
{
  static const guint8 xen[] = { 0x00, 0x16, 0x3e };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (checksum, (const guchar *)"domuimg mac ", -1);
  g_checksum_update (checksum, (const guchar *)seed, -1);
  g_checksum_get_digest (checksum, digest, &size);
  memcpy (digest + 3, digest, 3);
  memcpy (digest, xen, sizeof xen);
  return domuimg_mac_format (digest);
}

char *
domuimg_uuid_new_random (void)
{
  return g_uuid_string_random ();
}

char *
domuimg_uuid_new_from_seed (const char *seed)
{
  /* The name space of ours that RFC 4122 4.3 asks for: the version 5 UUID of the DNS name
   * "libdomuimg". */
  static const guint8 name_space[16] = {
    0x0a, 0xa3, 0xd6, 0x9b, 0xc3, 0x20, 0x57, 0x7a,
    0x98, 0x4e, 0x4b, 0x7c, 0x8b, 0x51, 0xb1, 0x24,
  };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 d[20];
  gsize size = sizeof d;

  g_checksum_update (checksum, name_space, sizeof name_space);
  g_checksum_update (checksum, (const guchar *)seed, -1);
  g_checksum_get_digest (checksum, d, &size);
  d[6] = (d[6] & 0x0f) | 0x50;
  d[8] = (d[8] & 0x3f) | 0x80;
  return domuimg_uuid_format (d);
}

char *
domuimg_uuid_parse (const char *text, GError **error)
{
  if (!g_uuid_string_is_valid (text) || strspn (text, "0-") == strlen (text))
    {
      g_autofree char *shown = g_strescape (text, NULL);
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "uuid \"%s\": is not 8-4-4-4-12 hexadecimal digits (uuidgen makes one)",
                    shown);
      return NULL;
    }
  return g_ascii_strdown (text, -1);
}
