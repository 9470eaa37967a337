/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A network interface of a domain. */
#include "config.h"
#include "lib/domain/model/domain.h"

#include "lib/base/properties.h"
#include "lib/domain/model/identity.h"

/**
 * DomuimgDomainNic:
 *
 * A network interface of a guest, in the terms of xl-network-configuration(5).
 *
 * Since: 0.1
 */
G_DEFINE_FINAL_TYPE (DomuimgDomainNic, domuimg_domain_nic, G_TYPE_OBJECT);

static void
domuimg_domain_nic_finalize (GObject *object)
{
  DomuimgDomainNic *self = DOMUIMG_DOMAIN_NIC (object);

  g_free (self->mac);
  g_free (self->bridge);
  g_free (self->ip);
  g_free (self->script);
  g_free (self->model);
  g_free (self->vifname);
  g_free (self->rate);
  g_free (self->options);
  g_free (self->xml);
  g_free (self->network);
  G_OBJECT_CLASS (domuimg_domain_nic_parent_class)->finalize (object);
}

static const DomuimgProperty properties[] = {
  { DOMUIMG_PROPERTY_STRING, "mac", G_CALLBACK (domuimg_domain_nic_get_mac),
    "its address" },
  { DOMUIMG_PROPERTY_STRING, "bridge", G_CALLBACK (domuimg_domain_nic_get_bridge),
    "the bridge of the host" },
  { DOMUIMG_PROPERTY_STRING, "ip", G_CALLBACK (domuimg_domain_nic_get_ip),
    "addresses that the guest may use" },
  { DOMUIMG_PROPERTY_STRING, "script", G_CALLBACK (domuimg_domain_nic_get_script),
    "the hotplug script" },
  { DOMUIMG_PROPERTY_STRING, "model", G_CALLBACK (domuimg_domain_nic_get_model),
    "the emulated card" },
  { DOMUIMG_PROPERTY_STRING, "vifname", G_CALLBACK (domuimg_domain_nic_get_vifname),
    "the interface's name in dom0" },
  { DOMUIMG_PROPERTY_STRING, "rate", G_CALLBACK (domuimg_domain_nic_get_rate),
    "its bandwidth" },
};

static void
domuimg_domain_nic_class_init (DomuimgDomainNicClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_domain_nic_finalize;
  domuimg_install_properties (klass, properties, G_N_ELEMENTS (properties));
}

static void
domuimg_domain_nic_init (DomuimgDomainNic *self)
{
}

/**
 * domuimg_domain_nic_new:
 * @mac: (nullable): a MAC address; %NULL for a random one of Xen's range 00:16:3e
 *
 * Returns: (transfer full): a network interface
 *
 * Since: 0.1
 */
DomuimgDomainNic *
domuimg_domain_nic_new (const char *mac)
{
  DomuimgDomainNic *self = g_object_new (DOMUIMG_TYPE_DOMAIN_NIC, NULL);

  self->mac = mac == NULL ? domuimg_mac_new_random () : domuimg_mac_parse (mac, NULL);
  if (self->mac == NULL)
    self->mac = g_strdup (mac); /* for validation to name */
  self->has_mac = TRUE;
  return self;
}

/**
 * domuimg_domain_nic_get_mac:
 * @self: an interface
 *
 * Returns: the MAC address in lower case
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_mac (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->mac;
}

/**
 * domuimg_domain_nic_get_bridge:
 * @self: an interface
 *
 * Returns: (nullable): the bridge of the host; %NULL for the one Xen is set up with
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_bridge (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->bridge;
}

/**
 * domuimg_domain_nic_set_bridge:
 * @self: an interface
 * @bridge: (nullable): a bridge
 *
 * Since: 0.1
 */
void
domuimg_domain_nic_set_bridge (DomuimgDomainNic *self, const char *bridge)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (self));
  domuimg_replace_text (&self->bridge, bridge);
}

/**
 * domuimg_domain_nic_get_ip:
 * @self: an interface
 *
 * Returns: (nullable): the addresses that the hotplug script is told, separated by spaces
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_ip (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->ip;
}

/**
 * domuimg_domain_nic_set_ip:
 * @self: an interface
 * @ip: (nullable): addresses, separated by spaces
 *
 * Since: 0.1
 */
void
domuimg_domain_nic_set_ip (DomuimgDomainNic *self, const char *ip)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (self));
  domuimg_replace_text (&self->ip, ip);
}

/**
 * domuimg_domain_nic_get_script:
 * @self: an interface
 *
 * Returns: (nullable): the hotplug script: a path, or a name in Xen's scripts directory
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_script (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->script;
}

/**
 * domuimg_domain_nic_set_script:
 * @self: an interface
 * @script: (nullable): a script
 *
 * Since: 0.1
 */
void
domuimg_domain_nic_set_script (DomuimgDomainNic *self, const char *script)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (self));
  domuimg_replace_text (&self->script, script);
}

/**
 * domuimg_domain_nic_get_model:
 * @self: an interface
 *
 * Returns: (nullable): the card that is emulated for an HVM guest
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_model (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->model;
}

/**
 * domuimg_domain_nic_set_model:
 * @self: an interface
 * @model: (nullable): a model such as `e1000`
 *
 * Since: 0.1
 */
void
domuimg_domain_nic_set_model (DomuimgDomainNic *self, const char *model)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (self));
  domuimg_replace_text (&self->model, model);
}

/**
 * domuimg_domain_nic_get_vifname:
 * @self: an interface
 *
 * Returns: (nullable): the name of the interface on the host
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_vifname (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->vifname;
}

/**
 * domuimg_domain_nic_set_vifname:
 * @self: an interface
 * @vifname: (nullable): a name of at most 15 characters
 *
 * Since: 0.1
 */
void
domuimg_domain_nic_set_vifname (DomuimgDomainNic *self, const char *vifname)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (self));
  domuimg_replace_text (&self->vifname, vifname);
}

/**
 * domuimg_domain_nic_get_rate:
 * @self: an interface
 *
 * Returns: (nullable): the limit of what the guest may send, such as `10Mb/s` or
 *   `1MB/s@20ms`
 *
 * Since: 0.1
 */
const char *
domuimg_domain_nic_get_rate (DomuimgDomainNic *self)
{
  g_return_val_if_fail (DOMUIMG_IS_DOMAIN_NIC (self), NULL);
  return self->rate;
}

/**
 * domuimg_domain_nic_set_rate:
 * @self: an interface
 * @rate: (nullable): a limit as in xl-network-configuration(5)
 *
 * Since: 0.1
 */
void
domuimg_domain_nic_set_rate (DomuimgDomainNic *self, const char *rate)
{
  g_return_if_fail (DOMUIMG_IS_DOMAIN_NIC (self));
  domuimg_replace_text (&self->rate, rate);
}
