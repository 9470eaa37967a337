/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks of IPv4 and IPv6, and the addresses in them. */
#include "config.h"
#include "lib/base/address-range.h"

#include <gio/gio.h>
#include <string.h>

static void
set_host_bits (guint8 *bytes, guint length, guint prefix, gboolean value)
{
  for (guint bit = prefix; bit < length * 8; bit++)
    {
      guint8 mask = 0x80 >> (bit % 8);

      if (value)
        bytes[bit / 8] |= mask;
      else
        bytes[bit / 8] &= (guint8) ~mask;
    }
}

static void
step (guint8 *bytes, guint length, int by)
{
  guint8 over = by > 0 ? 0 : 0xff;

  for (guint i = length; i > 0; i--)
    {
      bytes[i - 1] = (guint8) (bytes[i - 1] + by);
      if (bytes[i - 1] != over)
        return;
    }
}

static char *
to_text (const guint8 *bytes, guint length)
{
  g_autoptr (GInetAddress) address
      = g_inet_address_new_from_bytes (bytes, length == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);

  return g_inet_address_to_string (address);
}

gboolean
domuimg_address_range_parse (DomuimgAddressRange *self, const char *network, char **canonical)
{
  g_auto (GStrv) parts = g_strsplit (network, "/", 2);
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (parts[0] != NULL ? parts[0] : "");
  g_autofree char *text = NULL;
  guint64 prefix;

  *self = (DomuimgAddressRange){ 0 };
  if (address == NULL || parts[1] == NULL
      || !g_ascii_string_to_unsigned (parts[1], 10, 1, g_inet_address_get_native_size (address) * 8,
                                      &prefix, NULL))
    return FALSE;
  self->length = (guint) g_inet_address_get_native_size (address);
  self->prefix = (guint) prefix;
  memcpy (self->first, g_inet_address_to_bytes (address), self->length);
  set_host_bits (self->first, self->length, self->prefix, FALSE);
  memcpy (self->last, self->first, self->length);
  set_host_bits (self->last, self->length, self->prefix, TRUE);
  text = to_text (self->first, self->length);
  if (canonical != NULL)
    *canonical = g_strdup_printf ("%s/%u", text, self->prefix);
  if (self->prefix + 1 >= self->length * 8)
    return TRUE;
  /* IPv6 has no broadcast address, but the first one means any router (RFC 4291, 2.6.1). */
  step (self->first, self->length, 1);
  if (self->length == 4)
    step (self->last, self->length, -1);
  return TRUE;
}

static gboolean
take (const DomuimgAddressRange *self, const char *text, guint8 *bytes)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  if (address == NULL || g_inet_address_get_native_size (address) != self->length)
    return FALSE;
  memcpy (bytes, g_inet_address_to_bytes (address), self->length);
  return memcmp (bytes, self->first, self->length) >= 0 && memcmp (bytes, self->last, self->length) <= 0;
}

gboolean
domuimg_address_range_narrow (DomuimgAddressRange *self, const char *first, const char *last)
{
  guint8 from[16], to[16];

  if (self->length == 0 || !take (self, first, from) || !take (self, last, to)
      || memcmp (from, to, self->length) > 0)
    return FALSE;
  memcpy (self->first, from, self->length);
  memcpy (self->last, to, self->length);
  return TRUE;
}

/* It takes no more steps than addresses are taken. */
char *
domuimg_address_range_find (const DomuimgAddressRange *self, GHashTable *taken)
{
  guint8 bytes[16];

  memcpy (bytes, self->first, sizeof bytes);
  for (;;)
    {
      g_autofree char *text = to_text (bytes, self->length);

      if (!g_hash_table_contains (taken, text))
        return g_steal_pointer (&text);
      if (memcmp (bytes, self->last, self->length) == 0)
        return NULL;
      step (bytes, self->length, 1);
    }
}
