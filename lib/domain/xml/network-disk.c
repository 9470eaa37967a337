/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network disks between xl.cfg's targets and libvirt's XML: the protocols with URIs, and the older
 * names that QEMU has for NBD and Sheepdog. */
#include "config.h"
#include "lib/domain/xml/network-disk.h"

#include <stdlib.h>
#include <string.h>

static const struct {
  const char *scheme; /* of a URI */
  const char *protocol;
  const char *transport; /* NULL: the usual one */
} schemes[] = {
  { "nbd", "nbd", NULL },           { "nbd+unix", "nbd", "unix" },
  { "iscsi", "iscsi", NULL },       { "gluster", "gluster", NULL },
  { "gluster+rdma", "gluster", "rdma" }, { "gluster+unix", "gluster", "unix" },
  { "http", "http", NULL },         { "https", "https", NULL },
  { "ftp", "ftp", NULL },           { "ftps", "ftps", NULL },
  { "tftp", "tftp", NULL },         { "ssh", "ssh", NULL },
  { "nfs", "nfs", NULL },           { "sheepdog", "sheepdog", NULL },
  /* Other words for the first ones. */
  { "nbd+tcp", "nbd", NULL },       { "gluster+tcp", "gluster", NULL },
  { "nbds", "nbd", NULL },
};

void
domuimg_xml_add_host (xmlNode *source, const char *name, int port)
{
  g_autofree char *number = g_strdup_printf ("%d", port);
  xmlNode *host = domuimg_xml_add_with (source, "host", "name", name);

  if (port > 0)
    domuimg_xml_set (host, "port", number);
}

static void
add_socket (xmlNode *source, const char *path)
{
  domuimg_xml_set (domuimg_xml_add_with (source, "host", "transport", "unix"), "socket", path);
}

static void
set_name (xmlNode *source, const char *name)
{
  if (name != NULL && *name != '\0')
    domuimg_xml_set (source, "name", name);
}

/* "HOST:PORT[:exportname=NAME]" or "unix:PATH[:exportname=NAME]" */
static gboolean
write_old_nbd (xmlNode *disk, const char *text)
{
  const char *mark = strstr (text, ":exportname=");
  g_autofree char *place = mark != NULL ? g_strndup (text, mark - text) : g_strdup (text);
  char *colon = strrchr (place, ':');
  gboolean local = g_str_has_prefix (place, "unix:/");
  xmlNode *source;

  if (colon == NULL || (!local && atoi (colon + 1) <= 0))
    return FALSE;
  source = domuimg_xml_add_with (disk, "source", "protocol", "nbd");
  set_name (source, mark != NULL ? mark + strlen (":exportname=") : NULL);
  if (local)
    add_socket (source, place + strlen ("unix:"));
  else
    {
      *colon = '\0';
      domuimg_xml_add_host (source, place, atoi (colon + 1));
    }
  return TRUE;
}

/* "[HOST:PORT:]VOLUME" */
static gboolean
write_old_sheepdog (xmlNode *disk, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  guint n_parts = g_strv_length (parts);
  xmlNode *source;

  if ((n_parts != 1 && n_parts != 3) || *parts[n_parts - 1] == '\0')
    return FALSE;
  source = domuimg_xml_add_with (disk, "source", "protocol", "sheepdog");
  set_name (source, parts[n_parts - 1]);
  if (n_parts == 3)
    domuimg_xml_add_host (source, parts[0], atoi (parts[1]));
  return TRUE;
}

static char *
query_value (GUri *uri, const char *name)
{
  const char *query = g_uri_get_query (uri);
  g_autoptr (GHashTable) all
      = query != NULL ? g_uri_parse_params (query, -1, "&", G_URI_PARAMS_NONE, NULL) : NULL;

  return all != NULL ? g_strdup (g_hash_table_lookup (all, name)) : NULL;
}

static gboolean
write_uri (xmlNode *disk, GUri *uri, guint row, GStrvBuilder *lost)
{
  const char *path = g_uri_get_path (uri), *query = g_uri_get_query (uri);
  gboolean local = g_strcmp0 (schemes[row].transport, "unix") == 0;
  g_autofree char *socket = local ? query_value (uri, "socket") : NULL;
  xmlNode *source;

  if (local ? socket == NULL : g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return FALSE;
  source = domuimg_xml_add_with (disk, "source", "protocol", schemes[row].protocol);
  set_name (source, *path == '/' && !g_str_equal (schemes[row].protocol, "nfs") ? path + 1 : path);
  if (local)
    add_socket (source, socket);
  else
    domuimg_xml_add_host (source, g_uri_get_host (uri), g_uri_get_port (uri));
  if (!local && schemes[row].transport != NULL)
    domuimg_xml_set (domuimg_xml_first (source, "host"), "transport", schemes[row].transport);
  if (query != NULL && g_str_has_prefix (schemes[row].protocol, "http"))
    domuimg_xml_set (source, "query", query);
  else if (query != NULL && !local)
    g_strv_builder_add (lost, query);
  if (g_str_equal (schemes[row].scheme, "nbds"))
    domuimg_xml_set (source, "tls", "yes");
  if (g_uri_get_userinfo (uri) != NULL)
    g_strv_builder_add (lost, "the login, which libvirt keeps as a secret (<auth>)");
  return TRUE;
}

gboolean
domuimg_xml_write_network (xmlNode *disk, const char *target, GStrvBuilder *lost)
{
  g_autoptr (GUri) uri = NULL;

  if (g_str_has_prefix (target, "rbd:"))
    return domuimg_xml_write_rbd (disk, target + strlen ("rbd:"), lost);
  if (strstr (target, "://") == NULL && g_str_has_prefix (target, "nbd:"))
    return write_old_nbd (disk, target + strlen ("nbd:"));
  if (strstr (target, "://") == NULL && g_str_has_prefix (target, "sheepdog:"))
    return write_old_sheepdog (disk, target + strlen ("sheepdog:"));
  uri = g_uri_parse (target, G_URI_FLAGS_NON_DNS | G_URI_FLAGS_ENCODED_QUERY, NULL);
  for (guint i = 0; uri != NULL && i < G_N_ELEMENTS (schemes); i++)
    if (g_str_equal (g_uri_get_scheme (uri), schemes[i].scheme))
      return write_uri (disk, uri, i, lost);
  return FALSE;
}

static const char *
scheme_for (const char *protocol, const char *transport, gboolean tls)
{
  if (tls && g_str_equal (protocol, "nbd"))
    return "nbds";
  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_str_equal (protocol, schemes[i].protocol)
        && g_strcmp0 (transport, schemes[i].transport) == 0)
      return schemes[i].scheme;
  return NULL;
}

static char *
read_uri (xmlNode *source, const char *protocol)
{
  xmlNode *host = domuimg_xml_first (source, "host");
  g_autofree char *transport = domuimg_xml_attr (host, "transport");
  g_autofree char *machine = domuimg_xml_attr (host, "name");
  g_autofree char *port = domuimg_xml_attr (host, "port");
  g_autofree char *socket = domuimg_xml_attr (host, "socket");
  g_autofree char *name = domuimg_xml_attr (source, "name");
  g_autofree char *query = domuimg_xml_attr (source, "query");
  g_autofree char *path = g_uri_escape_string (domuimg_text_or (name, ""), "/:=@+,", TRUE);
  const char *slash = name != NULL && *name == '/' ? "" : "/";
  const char *usual = g_strcmp0 (transport, "tcp") == 0 ? NULL : transport;
  const char *scheme
      = scheme_for (protocol, usual, domuimg_xml_attr_is (source, "tls", "yes"));
  gboolean brackets = machine != NULL && strchr (machine, ':') != NULL;

  if (scheme == NULL || (machine == NULL && socket == NULL)
      || domuimg_xml_next (host, "host") != NULL)
    return NULL;
  if (socket != NULL)
    return g_strdup_printf ("%s://%s%s?socket=%s", scheme, slash, path, socket);
  return g_strdup_printf ("%s://%s%s%s%s%s%s%s%s%s", scheme, brackets ? "[" : "", machine,
                          brackets ? "]" : "", port != NULL ? ":" : "", domuimg_text_or (port, ""),
                          slash, path, query != NULL ? "?" : "", domuimg_text_or (query, ""));
}

/* Elements of the source that the target does not say. */
static void
note_rest (xmlNode *source, GStrvBuilder *lost)
{
  static const char *const known[] = { "host", "snapshot", "config", "auth", "address", NULL };

  for (xmlNode *child = domuimg_xml_first (source, NULL); child != NULL;
       child = domuimg_xml_next (child, NULL))
    if (!g_strv_contains (known, (const char *) child->name))
      {
        g_autofree char *element = g_strdup_printf ("<%s>", (const char *) child->name);

        g_strv_builder_add (lost, element);
      }
}

char *
domuimg_xml_read_network (xmlNode *disk, GStrvBuilder *lost)
{
  xmlNode *source = domuimg_xml_first (disk, "source");
  xmlNode *auth = domuimg_xml_first (disk, "auth");
  g_autofree char *protocol = domuimg_xml_attr (source, "protocol");
  g_autofree char *target = NULL;
  gboolean rbd = g_strcmp0 (protocol, "rbd") == 0;

  if (protocol != NULL)
    target = rbd ? domuimg_xml_read_rbd (disk, source, lost) : read_uri (source, protocol);
  if (target == NULL)
    return NULL;
  if (!rbd && (auth != NULL || domuimg_xml_first (source, "auth") != NULL))
    g_strv_builder_add (lost, "<auth>, the login");
  note_rest (source, lost);
  domuimg_xml_drop (auth);
  domuimg_xml_drop (source);
  return g_steal_pointer (&target);
}
