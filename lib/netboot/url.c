/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses on boot servers, and what paths in menus mean beside them. */
#include "config.h"
#include "lib/netboot/url.h"

#include <string.h>

static const char *const schemes[] = { "http", "https", "ftp", "tftp" };

/* Quotes and their kin end up in no file name of a boot server, and mean much elsewhere. */
static gboolean
is_plain (const char *text)
{
  if (strlen (text) > DOMUIMG_NETBOOT_URL_MAX)
    return FALSE;
  for (const char *at = text; *at != '\0'; at++)
    if ((guchar) *at <= ' ' || *at == 0x7f || strchr ("\"'\\<>`{}|^$", *at) != NULL)
      return FALSE;
  return TRUE;
}

/* Where the server begins in @url; NULL where it is not an address that may be fetched. */
static const char *
server_of (const char *url)
{
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    {
      gsize length = strlen (schemes[i]);

      if (g_ascii_strncasecmp (url, schemes[i], length) == 0
          && g_str_has_prefix (url + length, "://"))
        return url + length + 3;
    }
  return NULL;
}

gboolean
domuimg_netboot_is_url (const char *url)
{
  const char *server = server_of (url);

  return server != NULL && *server != '\0' && *server != '/' && is_plain (url)
         && g_utf8_validate (url, -1, NULL);
}

char *
domuimg_netboot_origin (const char *url)
{
  const char *server = server_of (url);

  return server != NULL ? g_strndup (url, server - url + strcspn (server, "/?#")) : NULL;
}

char *
domuimg_netboot_directory (const char *url)
{
  const char *server = server_of (url);
  const char *path = server != NULL ? server + strcspn (server, "/?#") : "";
  gsize length = strcspn (path, "?#");

  while (length > 0 && path[length - 1] != '/')
    length--;
  return length > 0 ? g_strndup (path, length) : g_strdup ("/");
}

static char *
join (const char *origin, const char *directory, const char *path)
{
  path += strspn (path, "/");
  return g_strconcat (origin, directory, path, NULL);
}

/* "(http,server)/file", "(tftp)/file": as GRUB names a server. NULL where it is another device. */
static char *
resolve_device (const char *origin, const char *path)
{
  const char *close = strchr (path, ')');
  g_autofree char *device = close != NULL ? g_strndup (path + 1, close - path - 1) : NULL;
  g_auto (GStrv) parts = device != NULL ? g_strsplit (device, ",", 3) : NULL;
  g_autofree char *other = NULL;

  if (parts == NULL || parts[0] == NULL)
    return NULL;
  if (parts[1] == NULL)
    return g_strv_contains ((const char *const[]){ "tftp", "http", "https", "pxe", "net", NULL },
                            parts[0])
               ? join (origin, "/", close + 1)
               : NULL;
  other = g_strdup_printf ("%s://%s", g_str_equal (parts[0], "pxe") ? "tftp" : parts[0], parts[1]);
  return join (other, "/", close + 1);
}

/* "server::file" of pxelinux. */
static char *
resolve_server (const char *origin, const char *path, const char *colons)
{
  g_autofree char *other = NULL;

  if (colons == path)
    return join (origin, "/", colons + 2);
  other = g_strdup_printf ("tftp://%.*s", (int) (colons - path), path);
  return join (other, "/", colons + 2);
}

static char *
resolve_any (const char *base, const char *path)
{
  g_autofree char *origin = domuimg_netboot_origin (base);
  g_autofree char *directory = domuimg_netboot_directory (base);
  const char *colons = strstr (path, "::");

  if (strstr (path, "://") != NULL)
    return g_strdup (path);
  if (origin == NULL)
    return NULL;
  if (*path == '(')
    return resolve_device (origin, path);
  if (colons != NULL)
    return resolve_server (origin, path, colons);
  return join (origin, *path == '/' ? "/" : directory, path);
}

char *
domuimg_netboot_resolve (const char *base, const char *path)
{
  g_autofree char *url
      = strlen (path) <= DOMUIMG_NETBOOT_URL_MAX ? resolve_any (base, path) : NULL;

  return url != NULL && domuimg_netboot_is_url (url) ? g_steal_pointer (&url) : NULL;
}
