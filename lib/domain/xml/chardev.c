/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a serial or parallel port is connected to: QEMU's words for it, which xl.cfg has, and the
 * elements of libvirt's XML. */
#include "config.h"
#include "lib/domain/xml/chardev.h"

#include <string.h>

/* Both lists are of the words that stand for themselves. */
static const char *const plain[] = { "pty", "null", "stdio", "vc", NULL };
static const char *const with_path[] = { "file", "pipe", NULL };

typedef struct {
  char *host;
  char *port;
} Place;

static void
place_clear (Place *self)
{
  g_free (self->host);
  g_free (self->port);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

/* "HOST:PORT", where an IPv6 address stands in brackets, and either may be missing. */
static gboolean
place_parse (Place *self, const char *text)
{
  const char *colon = strrchr (text, ':');
  gsize length = colon != NULL ? (gsize) (colon - text) : 0;

  if (colon == NULL)
    return FALSE;
  if (length > 1 && text[0] == '[' && text[length - 1] == ']')
    self->host = g_strndup (text + 1, length - 2);
  else
    self->host = g_strndup (text, length);
  self->port = g_strdup (colon + 1);
  return strchr (self->host, ':') == NULL || text[0] == '[';
}

static char *
place_text (const char *host, const char *port)
{
  gboolean brackets = host != NULL && strchr (host, ':') != NULL;

  return g_strdup_printf ("%s%s%s:%s", brackets ? "[" : "", domuimg_text_or (host, ""),
                          brackets ? "]" : "", domuimg_text_or (port, ""));
}

static void
add_place (xmlNode *node, const char *mode, const Place *place)
{
  xmlNode *source = domuimg_xml_add_with (node, "source", "mode", mode);

  if (*place->host != '\0')
    domuimg_xml_set (source, "host", place->host);
  domuimg_xml_set (source, "service", place->port);
}

/* An option such as "server" or "server=on". */
static gboolean
has_option (char **options, const char *name)
{
  g_autofree char *on = g_strconcat (name, "=on", NULL);
  g_autofree char *yes = g_strconcat (name, "=yes", NULL);

  return g_strv_contains ((const char *const *) options, name)
         || g_strv_contains ((const char *const *) options, on)
         || g_strv_contains ((const char *const *) options, yes);
}

static gboolean
write_tcp (xmlNode *node, const char *word, const char *rest)
{
  g_auto (GStrv) options = g_strsplit (rest, ",", -1);
  g_auto (Place) place = { NULL, NULL };

  if (options[0] == NULL || !place_parse (&place, options[0]) || *place.port == '\0')
    return FALSE;
  domuimg_xml_set (node, "type", "tcp");
  add_place (node, has_option (options, "server") ? "bind" : "connect", &place);
  domuimg_xml_add_with (node, "protocol", "type", g_str_equal (word, "telnet") ? "telnet" : "raw");
  return TRUE;
}

/* "HOST:PORT", and perhaps "@HOST:PORT" of this side. */
static gboolean
write_udp (xmlNode *node, const char *rest)
{
  g_auto (GStrv) sides = g_strsplit (rest, "@", 2);
  g_auto (Place) there = { NULL, NULL };
  g_auto (Place) here = { NULL, NULL };
  gboolean is_bound, is_connected;

  if (sides[0] == NULL || !place_parse (&there, sides[0])
      || (sides[1] != NULL && !place_parse (&here, sides[1])))
    return FALSE;
  is_bound = here.port != NULL && *here.port != '\0';
  is_connected = *there.port != '\0';
  if (!is_bound && !is_connected)
    return FALSE;
  domuimg_xml_set (node, "type", "udp");
  if (is_bound)
    add_place (node, "bind", &here);
  if (is_connected)
    add_place (node, "connect", &there);
  return TRUE;
}

static gboolean
write_unix (xmlNode *node, const char *rest)
{
  g_auto (GStrv) options = g_strsplit (rest, ",", -1);
  xmlNode *source;

  if (options[0] == NULL || *options[0] == '\0')
    return FALSE;
  domuimg_xml_set (node, "type", "unix");
  source = domuimg_xml_add_with (node, "source", "mode",
                                 has_option (options, "server") ? "bind" : "connect");
  domuimg_xml_set (source, "path", options[0]);
  return TRUE;
}

gboolean
domuimg_xml_write_chardev (xmlNode *node, const char *text)
{
  const char *colon = strchr (text, ':');
  g_autofree char *word = colon != NULL ? g_strndup (text, colon - text) : g_strdup (text);
  const char *rest = colon != NULL ? colon + 1 : "";
  gboolean device = text[0] == '/';

  if (colon == NULL && g_strv_contains (plain, word))
    {
      domuimg_xml_set (node, "type", word);
      return TRUE;
    }
  if (device || (g_strv_contains (with_path, word) && *rest != '\0'))
    {
      domuimg_xml_set (node, "type", device ? "dev" : word);
      domuimg_xml_add_with (node, "source", "path", device ? text : rest);
      return TRUE;
    }
  if (g_str_equal (word, "tcp") || g_str_equal (word, "telnet"))
    return write_tcp (node, word, rest);
  if (g_str_equal (word, "udp"))
    return write_udp (node, rest);
  return g_str_equal (word, "unix") && write_unix (node, rest);
}

/* The element's source of that mode; one without says "connect". */
static xmlNode *
source_of (xmlNode *node, const char *mode)
{
  for (xmlNode *source = domuimg_xml_first (node, "source"); source != NULL;
       source = domuimg_xml_next (source, "source"))
    {
      g_autofree char *is = domuimg_xml_attr (source, "mode");

      if (g_str_equal (domuimg_text_or (is, "connect"), mode))
        return source;
    }
  return NULL;
}

static char *
read_place (xmlNode *source)
{
  g_autofree char *host = domuimg_xml_attr (source, "host");
  g_autofree char *port = domuimg_xml_attr (source, "service");

  return place_text (host, port);
}

static char *
read_tcp (xmlNode *node)
{
  xmlNode *bound = source_of (node, "bind");
  xmlNode *source = bound != NULL ? bound : source_of (node, "connect");
  g_autofree char *protocol = domuimg_xml_find_attr (node, "protocol", "type");
  g_autofree char *place = source != NULL ? read_place (source) : NULL;
  const char *word = protocol == NULL || g_str_equal (protocol, "raw") ? "tcp" : protocol;

  if (place == NULL || (!g_str_equal (word, "tcp") && !g_str_equal (word, "telnet"))
      || domuimg_xml_attr_is (source, "tls", "yes"))
    return NULL;
  return g_strdup_printf ("%s:%s%s", word, place, bound != NULL ? ",server,nowait" : "");
}

static char *
read_udp (xmlNode *node)
{
  xmlNode *bound = source_of (node, "bind"), *connected = source_of (node, "connect");
  g_autofree char *here = bound != NULL ? read_place (bound) : NULL;
  g_autofree char *there = connected != NULL ? read_place (connected) : NULL;

  if (here == NULL && there == NULL)
    return NULL;
  return g_strdup_printf ("udp:%s%s%s", domuimg_text_or (there, ":"), here != NULL ? "@" : "",
                          domuimg_text_or (here, ""));
}

char *
domuimg_xml_read_chardev (xmlNode *node)
{
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *path = domuimg_xml_find_attr (node, "source", "path");
  const char *word = domuimg_text_or (type, "pty");

  if (g_strv_contains (plain, word))
    return g_strdup (word);
  if (g_str_equal (word, "tcp"))
    return read_tcp (node);
  if (g_str_equal (word, "udp"))
    return read_udp (node);
  if (path == NULL)
    return NULL;
  if (g_str_equal (word, "dev"))
    return g_strdup (path);
  if (g_strv_contains (with_path, word))
    return g_strdup_printf ("%s:%s", word, path);
  if (!g_str_equal (word, "unix"))
    return NULL;
  return g_strdup_printf ("unix:%s%s", path,
                          source_of (node, "bind") != NULL ? ",server,nowait" : "");
}
