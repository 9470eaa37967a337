/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/model/identity.h"

#include <string.h>

#include "lib/base/mac.h"

#define NAME_MAX_LENGTH 128
#define NAME_CHARACTERS \
  G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._+:@-"

/* Xen asks little of a name; files, xl and libvirt ask more: logs and images are named
 * for it (no "/", no leading dot, a length), xl takes digits for a domain id and a
 * leading "-" for an option. */
gboolean
domuimg_domain_name_check (const char *name, GError **error)
{
  gsize length = strlen (name);

  if (length == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "name: a guest needs a name");
  if (length > NAME_MAX_LENGTH)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "name: %" G_GSIZE_FORMAT " characters are too many; at most %d", length,
                         NAME_MAX_LENGTH);
  if (strspn (name, NAME_CHARACTERS) != length || strchr (".-+:@", name[0]) != NULL)
    {
      g_autofree char *shown = g_strescape (name, NULL);
      return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                           "name \"%s\": may hold letters, digits and . _ + : @ - and starts "
                           "with a letter, digit or _",
                           shown);
    }
  if (strspn (name, G_CSET_DIGITS) == length)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "name \"%s\": needs something that is not a digit, since xl takes a "
                         "number for a domain id",
                         name);
  if (g_str_equal (name, "Domain-0"))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "name \"%s\": is the name of the host's own domain", name);
  return TRUE;
}

static char *
mac_of_bytes (const guint8 bytes[3])
{
  return g_strdup_printf ("00:16:3e:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2]);
}

char *
domuimg_mac_new_random (void)
{
  g_autofree char *seed = domuimg_uuid_new_random ();

  return domuimg_mac_new_from_seed (seed);
}

char *
domuimg_mac_new_from_seed (const char *seed)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 digest[32];
  gsize size = sizeof digest;

  g_checksum_update (checksum, (const guchar *)"domuimg mac ", -1);
  g_checksum_update (checksum, (const guchar *)seed, -1);
  g_checksum_get_digest (checksum, digest, &size);
  return mac_of_bytes (digest);
}

char *
domuimg_mac_parse (const char *text, GError **error)
{
  guint8 bytes[6];
  g_autofree char *shown = g_strescape (text, NULL);

  if (!domuimg_mac_read (text, bytes))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "mac \"%s\": is not six pairs of hexadecimal digits with colons, such as "
                    "00:16:3e:12:34:56",
                    shown);
      return NULL;
    }
  if ((bytes[0] & 1) != 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "mac \"%s\": is a multicast address; an interface needs an even first byte",
                    shown);
      return NULL;
    }
  if (memcmp (bytes, "\0\0\0\0\0\0", 6) == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                    "mac \"%s\": all zero is no address", shown);
      return NULL;
    }
  return g_strdup_printf ("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2],
                          bytes[3], bytes[4], bytes[5]);
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
  return g_strdup_printf ("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
                          "%02x%02x%02x%02x%02x%02x",
                          d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10],
                          d[11], d[12], d[13], d[14], d[15]);
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
