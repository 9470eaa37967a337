/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that would break, or break out of, the file that they are written to. */
#include "config.h"
#include "lib/guest/customise.h"

#include <gio/gio.h>
#include <string.h>

static gboolean
wrong (GError **error, const char *what, const char *value)
{
  g_autofree char *escaped = g_strescape (value, NULL);

  return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "\"%s\" is not a valid %s", escaped,
                       what);
}

/* One word of printable characters without a quote or a backslash. */
static gboolean
is_word (const char *value)
{
  if (*value == '\0')
    return FALSE;
  for (; *value != '\0'; value++)
    if (!g_ascii_isgraph (*value) || strchr ("\"'\\`$", *value) != NULL)
      return FALSE;
  return TRUE;
}

static gboolean
check_word (const char *what, const char *value, GError **error)
{
  if (value == NULL || is_word (value))
    return TRUE;
  return wrong (error, what, value);
}

/* RFC 1123 labels; at most 64 bytes of a Linux host name in the first, 253 in all. */
static gboolean
check_hostname (const char *name, GError **error)
{
  if (name == NULL)
    return TRUE;
  g_auto (GStrv) labels = g_strsplit (name, ".", -1);
  if (*name == '\0' || strlen (name) > 253)
    return wrong (error, "host name", name);
  for (guint i = 0; labels[i] != NULL; i++)
    {
      gsize length = strlen (labels[i]);

      if (length == 0 || length > 63 || labels[i][0] == '-' || labels[i][length - 1] == '-')
        return wrong (error, "host name", name);
      for (const char *c = labels[i]; *c != '\0'; c++)
        if (!g_ascii_isalnum (*c) && *c != '-')
          return wrong (error, "host name", name);
    }
  return TRUE;
}

static gboolean
check_mac (const char *mac, GError **error)
{
  if (mac == NULL || strlen (mac) != 17)
    return wrong (error, "MAC address", mac != NULL ? mac : "");
  for (guint i = 0; i < 17; i++)
    if (i % 3 == 2 ? mac[i] != ':' : !g_ascii_isxdigit (mac[i]))
      return wrong (error, "MAC address", mac);
  return TRUE;
}

static gboolean
is_address (const char *text, GSocketFamily family)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (text);

  return address != NULL
         && (family == G_SOCKET_FAMILY_INVALID || g_inet_address_get_family (address) == family);
}

static gboolean
check_address (const char *what, const char *text, GSocketFamily family, GError **error)
{
  if (text == NULL || is_address (text, family))
    return TRUE;
  return wrong (error, what, text);
}

/* ADDRESS/PREFIX */
static gboolean
check_prefixed (const char *what, const char *text, GSocketFamily family, GError **error)
{
  const char *slash = text != NULL ? strchr (text, '/') : NULL;
  guint64 prefix;

  if (text == NULL)
    return TRUE;
  if (slash == NULL
      || !g_ascii_string_to_unsigned (slash + 1, 10, 1,
                                      family == G_SOCKET_FAMILY_IPV4 ? 32 : 128, &prefix, NULL))
    return wrong (error, what, text);
  g_autofree char *address = g_strndup (text, slash - text);
  if (!is_address (address, family))
    return wrong (error, what, text);
  return TRUE;
}

static gboolean
check_nic (const DomuimgGuestNic *nic, GError **error)
{
  if (!check_mac (nic->mac, error)
      || !check_prefixed ("IPv4 address with prefix length", nic->address, G_SOCKET_FAMILY_IPV4,
                          error)
      || !check_prefixed ("IPv6 address with prefix length", nic->address6, G_SOCKET_FAMILY_IPV6,
                          error)
      || !check_address ("IPv4 gateway", nic->gateway, G_SOCKET_FAMILY_IPV4, error)
      || !check_address ("IPv6 gateway", nic->gateway6, G_SOCKET_FAMILY_IPV6, error))
    return FALSE;
  for (guint i = 0; i < nic->dns->len; i++)
    if (!check_address ("name server", g_ptr_array_index (nic->dns, i), G_SOCKET_FAMILY_INVALID,
                        error))
      return FALSE;
  g_auto (GStrv) domains = g_strsplit (nic->dns_search != NULL ? nic->dns_search : "", " ", -1);
  for (guint i = 0; domains[i] != NULL; i++)
    if (!check_hostname (domains[i], error))
      return FALSE;
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->address == NULL && nic->address6 == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "The static NIC %s has no address", nic->mac);
  return TRUE;
}

static gboolean
check_mount (const DomuimgGuestMount *mount, GError **error)
{
  if (!check_word ("device of a mount", mount->spec, error)
      || !check_word ("mount point", mount->mount_point, error)
      || !check_word ("filesystem type", mount->fs, error)
      || !check_word ("mount option", mount->options, error))
    return FALSE;
  g_autofree char *normal = domuimg_path_normalise (mount->mount_point, error);
  if (normal == NULL)
    return FALSE;
  if (mount->mount_point[0] != '/' && !g_str_equal (mount->fs, "swap"))
    return wrong (error, "mount point", mount->mount_point);
  return TRUE;
}

static gboolean
check_path_word (const char *what, const char *value, GError **error)
{
  if (value == NULL)
    return TRUE;
  if (!is_word (value) || value[0] == '/' || strstr (value, "..") != NULL)
    return wrong (error, what, value);
  return TRUE;
}

gboolean
domuimg_customise_validate (const DomuimgCustomise *self, GError **error)
{
  if (!check_hostname (self->hostname, error)
      || !check_word ("filesystem UUID", self->root_uuid, error)
      || !check_word ("filesystem type", self->root_fs, error)
      || !check_path_word ("locale", self->locale, error)
      || !check_path_word ("time zone", self->timezone, error)
      || !check_path_word ("keymap", self->keymap, error))
    return FALSE;
  for (guint i = 0; i < self->mounts->len; i++)
    if (!check_mount (g_ptr_array_index (self->mounts, i), error))
      return FALSE;
  for (guint i = 0; i < self->nics->len; i++)
    if (!check_nic (g_ptr_array_index (self->nics, i), error))
      return FALSE;
  for (guint i = 0; i < self->authorized_keys->len; i++)
    {
      const char *key = g_ptr_array_index (self->authorized_keys, i);

      if (*key == '\0' || strpbrk (key, "\r\n") != NULL)
        return wrong (error, "SSH public key (one line)", key);
    }
  if (self->root_password == DOMUIMG_ROOT_PASSWORD_HASH
      && (self->root_password_hash == NULL || *self->root_password_hash == '\0'
          || strpbrk (self->root_password_hash, ":\r\n \t") != NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "The root password's hash is not crypt(3) text");
  return TRUE;
}
