/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interface of libvirt's XML. */
#include "config.h"
#include "lib/domain/xml/nic.h"

static void
read_addresses (xmlNode *node, DomuimgDomainNic *nic)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (xmlNode *ip = domuimg_xml_first (node, "ip"); ip != NULL; ip = domuimg_xml_next (ip, "ip"))
    {
      g_autofree char *address = domuimg_xml_take (ip, "address");
      g_autofree char *prefix = domuimg_xml_take (ip, "prefix");

      ip->_private = ip;
      g_free (domuimg_xml_take (ip, "family"));
      if (address != NULL)
        g_string_append_printf (all, "%s%s%s%s", all->len > 0 ? " " : "", address,
                                prefix != NULL ? "/" : "", prefix != NULL ? prefix : "");
    }
  domuimg_domain_nic_set_ip (nic, all->str);
}

/* libvirt counts KiB a second, as its own reader of xl.cfg calls KB. */
static void
read_rate (xmlNode *node, DomuimgDomainNic *nic)
{
  xmlNode *outbound = domuimg_xml_open (domuimg_xml_open (node, "bandwidth"), "outbound");
  g_autofree char *average = domuimg_xml_take (outbound, "average");
  g_autofree char *rate = g_strdup_printf ("%sKB/s", domuimg_text_or (average, ""));

  if (average != NULL)
    domuimg_domain_nic_set_rate (nic, rate);
}

static void
read_nic_names (xmlNode *node, DomuimgDomainNic *nic)
{
  g_autofree char *script = domuimg_xml_take (domuimg_xml_open (node, "script"), "path");
  g_autofree char *vifname = domuimg_xml_take (domuimg_xml_open (node, "target"), "dev");
  g_autofree char *model = domuimg_xml_take (domuimg_xml_open (node, "model"), "type");
  g_autofree char *backend = domuimg_xml_take (domuimg_xml_open (node, "backenddomain"), "name");
  g_autofree char *mtu = domuimg_xml_take (domuimg_xml_open (node, "mtu"), "size");

  domuimg_domain_nic_set_script (nic, script);
  /* vif1.0 is the name of one run. */
  if (vifname != NULL && !g_regex_match_simple ("\\Avif[0-9]", vifname, 0, 0))
    domuimg_domain_nic_set_vifname (nic, vifname);
  if (g_strcmp0 (model, "netfront") == 0)
    domuimg_xml_add_option (&nic->options, "type", "vif");
  else
    domuimg_domain_nic_set_model (nic, model);
  domuimg_xml_add_option (&nic->options, "backend", backend);
  domuimg_xml_add_option (&nic->options, "mtu", mtu);
}

/* Tags of an Open vSwitch, behind the bridge's name as its script takes them:
 * BRIDGE[.TAG][:TRUNK...]. NULL for what that has no form for. */
static char *
read_tags (xmlNode *vlan)
{
  g_autoptr (GString) trunks = g_string_new (NULL);
  g_autofree char *native = NULL;
  guint n_tags = 0, number;

  for (xmlNode *tag = domuimg_xml_first (vlan, "tag"); tag != NULL;
       tag = domuimg_xml_next (tag, "tag"), n_tags++)
    {
      g_autofree char *id = domuimg_xml_attr (tag, "id");
      g_autofree char *mode = domuimg_xml_attr (tag, "nativeMode");

      if (!domuimg_xml_tag_parse (id, &number) || g_strcmp0 (mode, "tagged") == 0
          || (mode != NULL && native != NULL))
        return NULL;
      if (mode != NULL)
        native = g_strdup_printf (".%u", number);
      else
        g_string_append_printf (trunks, ":%u", number);
    }
  if (n_tags == 1 && native == NULL && !domuimg_xml_attr_is (vlan, "trunk", "yes"))
    trunks->str[0] = '.';
  return n_tags == 0 ? NULL : g_strconcat (domuimg_text_or (native, ""), trunks->str, NULL);
}

/* Without the switch's own script the guest would not be in it. */
static void
read_switch (xmlNode *node, DomuimgDomainNic *nic)
{
  xmlNode *port = domuimg_xml_first (node, "virtualport"), *vlan;
  g_autofree char *tags = NULL, *bridge = NULL;

  if (nic->bridge == NULL || !domuimg_xml_attr_is (port, "type", DOMUIMG_OVS_PORT))
    return;
  vlan = domuimg_xml_first (node, "vlan");
  tags = vlan != NULL ? read_tags (vlan) : NULL;
  if (tags != NULL)
    domuimg_xml_drop (vlan);
  port->_private = port;
  g_free (domuimg_xml_take (port, "type"));
  if (nic->script == NULL)
    domuimg_domain_nic_set_script (nic, DOMUIMG_OVS_SCRIPT);
  bridge = g_strconcat (nic->bridge, domuimg_text_or (tags, ""), NULL);
  domuimg_domain_nic_set_bridge (nic, bridge);
}

/* Its mode and bridge; the port is one run's. */
static void
read_source (xmlNode *node, DomuimgDomainNic *nic)
{
  xmlNode *source = domuimg_xml_open (node, "source");
  g_autofree char *bridge = domuimg_xml_take (source, "bridge");
  g_autofree char *network = domuimg_xml_take (source, "network");

  g_free (domuimg_xml_take (source, "portid"));
  g_free (domuimg_xml_take (node, "type"));
  domuimg_domain_nic_set_bridge (nic, bridge);
  domuimg_replace_text (&nic->network, network);
}

void
domuimg_xml_read_nic (DomuimgXmlReader *self, xmlNode *node)
{
  static const char *const types[] = { "bridge", "ethernet", "network", NULL };
  g_autofree char *type = domuimg_xml_attr (node, "type");
  g_autofree char *mac = NULL, *what = NULL;
  g_autoptr (DomuimgDomainNic) nic = NULL;

  if (type == NULL || !g_strv_contains (types, type))
    return;
  node->_private = node;
  mac = domuimg_xml_take (domuimg_xml_open (node, "mac"), "address");
  nic = domuimg_domain_nic_new (mac);
  nic->has_mac = mac != NULL;
  what = g_strdup_printf ("vif %s", nic->mac);
  read_source (node, nic);
  read_addresses (node, nic);
  read_nic_names (node, nic);
  read_switch (node, nic);
  read_rate (node, nic);
  domuimg_xml_drop_places (node);
  nic->xml = domuimg_xml_rest (self, node, what);
  domuimg_domain_add_nic (self->domain, nic);
  domuimg_xml_drop (node);
}
