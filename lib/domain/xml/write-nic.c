/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interface as libvirt's XML has it. */
#include "config.h"
#include "lib/domain/xml/nic.h"

#include <string.h>

#include "lib/domain/model/identity.h"

static void
add_addresses (DomuimgXmlWriter *writer, xmlNode *node, const DomuimgDomainNic *nic)
{
  g_auto (GStrv) addresses = g_strsplit (domuimg_text_or (nic->ip, ""), " ", -1);

  for (char **address = addresses; *address != NULL; address++)
    {
      g_auto (GStrv) parts = g_strsplit (*address, "/", 2);
      xmlNode *ip;

      if (parts[0] == NULL || *parts[0] == '\0')
        continue;
      if (!g_hostname_is_ip_address (parts[0]))
        {
          domuimg_xml_warn (writer, "vif %s: ip=%s is in xl.cfg only", nic->mac, *address);
          continue;
        }
      ip = domuimg_xml_add_with (node, "ip", "address", parts[0]);
      domuimg_xml_set (ip, "family", strchr (*address, ':') != NULL ? "ipv6" : "ipv4");
      if (parts[1] != NULL)
        domuimg_xml_set (ip, "prefix", parts[1]);
    }
}

/* In the KiB a second of libvirt, which it takes for the KB of xl; what is said of intervals has no
 * place. */
static void
add_rate (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic)
{
  char *end = NULL;
  guint64 number = nic->rate != NULL ? g_ascii_strtoull (nic->rate, &end, 10) : 0;
  guint64 factor = number == 0 ? 0 : *end == 'G' ? 1000000000 : *end == 'M' ? 1000000
                   : *end == 'K'                 ? 1000
                                                 : 1;
  gboolean bits = number > 0 && (*end == 'b' || end[1] == 'b');
  g_autofree char *average = NULL;

  if (nic->rate == NULL)
    return;
  if (number == 0 || number > G_MAXUINT32 || strchr (nic->rate, '@') != NULL
      || number * factor < (bits ? 8000 : 1000))
    {
      domuimg_xml_warn (writer, "vif %s: the rate %s is in xl.cfg only", nic->mac, nic->rate);
      return;
    }
  average = g_strdup_printf ("%" G_GUINT64_FORMAT, number * factor / (bits ? 8000 : 1000));
  domuimg_xml_add_with (domuimg_xml_add (node, "bandwidth"), "outbound", "average", average);
}

static void
add_nic_options (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic)
{
  g_autofree char *options = g_strdup (nic->options);
  g_autofree char *type = domuimg_xml_use_option (&options, "type");
  g_autofree char *backend = domuimg_xml_use_option (&options, "backend");
  g_autofree char *mtu = domuimg_xml_use_option (&options, "mtu");
  gboolean hvm = writer->domain->type == DOMUIMG_GUEST_TYPE_HVM;

  if (nic->model != NULL && !hvm)
    domuimg_xml_warn (writer, "vif %s: libvirt starts only an HVM guest with a card of a model; %s"
                              " is left out",
                      nic->mac, nic->model);
  if (nic->model != NULL && hvm)
    domuimg_xml_add_with (node, "model", "type", nic->model);
  else if (g_strcmp0 (type, "vif") == 0)
    domuimg_xml_add_with (node, "model", "type", "netfront");
  if (backend != NULL)
    domuimg_xml_add_with (node, "backenddomain", "name", backend);
  if (mtu != NULL)
    domuimg_xml_add_with (node, "mtu", "size", mtu);
  if (options != NULL)
    domuimg_xml_warn (writer, "vif %s: %s is in xl.cfg only", nic->mac, options);
}

gboolean
domuimg_xml_tag_parse (const char *text, guint *number)
{
  guint64 tag;

  if (text == NULL || !g_ascii_string_to_unsigned (text, 10, 0, 4095, &tag, NULL))
    return FALSE;
  *number = tag;
  return TRUE;
}

/* The tags behind a bridge's name, in its form BRIDGE[.TAG][:TRUNK...]: they are numbers. */
static gboolean
tags_are_valid (const char *tags)
{
  g_auto (GStrv) all = g_strsplit_set (tags, ".:", -1);
  guint number;

  for (guint i = 1; all[0] != NULL && all[i] != NULL; i++)
    if (!domuimg_xml_tag_parse (all[i], &number))
      return FALSE;
  return *tags != '\0' && strrchr (tags + 1, '.') == NULL;
}

static void
add_vlan (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic, const char *tags)
{
  g_auto (GStrv) trunks = g_strsplit (*tags == '.' ? tags + 1 : tags, ":", -1);
  gboolean native = *tags == '.' && trunks[0] != NULL && trunks[1] != NULL;
  xmlNode *vlan = domuimg_xml_add (node, "vlan");

  if (*tags == ':' || native)
    domuimg_xml_set (vlan, "trunk", "yes");
  for (guint i = *tags == ':' ? 1 : 0; trunks[0] != NULL && trunks[i] != NULL; i++)
    {
      xmlNode *tag = domuimg_xml_add_with (vlan, "tag", "id", trunks[i]);

      if (i == 0 && native)
        domuimg_xml_set (tag, "nativeMode", "untagged");
    }
  if (native)
    domuimg_xml_warn (writer, "vif %s: libvirt's Xen driver takes the native VLAN %s as tagged",
                      nic->mac, trunks[0]);
}

/* Where the tags of an Open vSwitch begin in the name of a bridge: only its script knows them, and
 * the name of another bridge may hold a dot. */
static gsize
tags_at (const DomuimgDomainNic *nic)
{
  g_autofree char *script = nic->script != NULL ? g_path_get_basename (nic->script) : NULL;
  gboolean of_switch
      = g_strcmp0 (script, DOMUIMG_OVS_SCRIPT) == 0 || strchr (nic->bridge, ':') != NULL;
  gsize end = strcspn (nic->bridge, ".:");

  return of_switch && tags_are_valid (nic->bridge + end) ? end : strlen (nic->bridge);
}

static void
add_bridge (DomuimgXmlWriter *writer, xmlNode *node, DomuimgDomainNic *nic)
{
  gsize end = tags_at (nic);
  g_autofree char *name = g_strndup (nic->bridge, end);
  g_autofree char *script = nic->script != NULL ? g_path_get_basename (nic->script) : NULL;
  const char *tags = nic->bridge + end;

  domuimg_xml_add_with (node, "source", "bridge", name);
  if (*tags != '\0')
    add_vlan (writer, node, nic, tags);
  if (*tags != '\0' || g_strcmp0 (script, DOMUIMG_OVS_SCRIPT) == 0)
    domuimg_xml_add_with (node, "virtualport", "type", DOMUIMG_OVS_PORT);
}

/* The bridge of a network is what its host made of it. */
static void
add_network (xmlNode *node, const DomuimgDomainNic *nic)
{
  xmlNode *source = domuimg_xml_add_with (node, "source", "network", nic->network);

  if (nic->bridge != NULL)
    domuimg_xml_set (source, "bridge", nic->bridge);
}

/* One without a bridge is the host's to connect, as xl has it. */
void
domuimg_xml_write_nic (DomuimgXmlWriter *writer, xmlNode *devices, DomuimgDomainNic *nic)
{
  const char *written = domuimg_nic_written_mac (writer->domain, nic);
  g_autofree char *mac = written != NULL ? domuimg_mac_parse (written, NULL) : NULL;
  xmlNode *node = domuimg_xml_add_with (devices, "interface", "type",
                                        nic->network != NULL  ? "network"
                                        : nic->bridge != NULL ? "bridge"
                                                              : "ethernet");

  if (mac != NULL)
    domuimg_xml_add_with (node, "mac", "address", mac);
  if (nic->network != NULL)
    add_network (node, nic);
  else if (nic->bridge != NULL)
    add_bridge (writer, node, nic);
  add_addresses (writer, node, nic);
  if (nic->script != NULL)
    domuimg_xml_add_with (node, "script", "path", nic->script);
  if (nic->vifname != NULL)
    domuimg_xml_add_with (node, "target", "dev", nic->vifname);
  add_nic_options (writer, node, nic);
  add_rate (writer, node, nic);
  if (nic->xml != NULL)
    domuimg_xml_add_elements (node, nic->xml);
}
