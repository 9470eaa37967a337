/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The network of a guest, by the tool that is in charge of it. */
#include "config.h"
#include "lib/guest/network.h"

#include <string.h>

const DomuimgGuestNic *
domuimg_guest_nic (DomuimgGuestRun *self, guint index)
{
  return g_ptr_array_index (self->want->nics, index);
}

char *
domuimg_guest_address_part (const char *prefixed)
{
  return g_strndup (prefixed, strcspn (prefixed, "/"));
}

guint
domuimg_guest_prefix_part (const char *prefixed)
{
  const char *slash = strchr (prefixed, '/');

  return slash != NULL ? (guint) g_ascii_strtoull (slash + 1, NULL, 10) : 0;
}

char *
domuimg_guest_netmask (const char *prefixed)
{
  guint prefix = domuimg_guest_prefix_part (prefixed);
  guint32 mask = prefix == 0 ? 0 : G_MAXUINT32 << (32 - MIN (prefix, 32));

  return g_strdup_printf ("%u.%u.%u.%u", mask >> 24, mask >> 16 & 255, mask >> 8 & 255,
                          mask & 255);
}

gboolean
domuimg_guest_is_ipv6 (const char *address)
{
  return strchr (address, ':') != NULL;
}

gboolean
domuimg_guest_set_aside_glob (DomuimgGuestRun *self, const char *directory, const char *pattern,
                              const char *const *keep, GError **error)
{
  if (!domuimg_tree_is_dir (self->edit->tree, directory))
    return TRUE;
  g_auto (GStrv) names = domuimg_tree_list (self->edit->tree, directory, error);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", directory, names[i]);

      if (!g_pattern_match_simple (pattern, names[i])
          || (keep != NULL && g_strv_contains (keep, names[i])))
        continue;
      if (!domuimg_edit_set_aside (self->edit, path, error))
        return FALSE;
    }
  return names != NULL;
}

gboolean
domuimg_guest_name_nics (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);

  /* KERNEL== keeps VLANs and bridges out, which share the address. */
  for (guint i = 0; i < self->want->nics->len; i++)
    g_string_append_printf (out,
                            "SUBSYSTEM==\"net\", ACTION==\"add\", KERNEL==\"eth*\", "
                            "ATTR{address}==\"%s\", ATTR{type}==\"1\", NAME=\"eth%u\"\n",
                            domuimg_guest_nic (self, i)->mac, i);
  return domuimg_edit_write_own (self->edit, "/etc/udev/rules.d/70-domuimg-net.rules", out->str,
                                 0644, error);
}

gboolean
domuimg_guest_name_nics_if_udev (DomuimgGuestRun *self, GError **error)
{
  return !domuimg_tree_is_dir (self->edit->tree, "/etc/udev") || domuimg_guest_name_nics (self, error);
}

gboolean
domuimg_guest_write_resolv_conf (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);
  gsize empty = out->len;

  for (guint i = 0; i < self->want->nics->len; i++)
    {
      const DomuimgGuestNic *nic = domuimg_guest_nic (self, i);

      if (nic->dns_search != NULL && *nic->dns_search != '\0' && nic->dns->len > 0)
        g_string_append_printf (out, "search %s\n", nic->dns_search);
      for (guint j = 0; j < nic->dns->len; j++)
        g_string_append_printf (out, "nameserver %s\n", (char *) g_ptr_array_index (nic->dns, j));
    }
  if (out->len == empty)
    return TRUE;
  return domuimg_edit_write_own (self->edit, "/etc/resolv.conf", out->str, 0644, error);
}

/* Else cloud-init, finding no data of a cloud, would configure the network itself. */
static gboolean
quiet_cloud_init (DomuimgGuestRun *self, GError **error)
{
  if (!domuimg_tree_is_dir (self->edit->tree, "/etc/cloud/cloud.cfg.d"))
    return TRUE;
  return domuimg_edit_write_own (self->edit, "/etc/cloud/cloud.cfg.d/99-domuimg-network.cfg",
                                 DOMUIMG_GUEST_MARK "network: {config: disabled}\n", 0644, error);
}

static gboolean
no_tool (DomuimgGuestRun *self, GError **error)
{
  if (domuimg_tree_exists (self->edit->tree, "/usr/sbin/connmand"))
    domuimg_edit_warn (self->edit, "the guest's network is ConnMan's, which is not set up here: its"
                                   " NICs come up by DHCP");
  else
    domuimg_edit_warn (self->edit,
                       "no network configuration tool found in the guest (looked for netplan, "
                       "NetworkManager, systemd-networkd, ifupdown, ifcfg scripts, wicked, dhcpcd, "
                       "netifrc, rc.inet1): its NICs stay down");
  return TRUE;
}

static gboolean
set_aside_networkd (DomuimgGuestRun *self, GError **error)
{
  static const char *const patterns[] = { "*.network", "*.netdev", "*.link" };

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (!domuimg_guest_set_aside_glob (self, "/etc/systemd/network", patterns[i], NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean
set_aside_nm (DomuimgGuestRun *self, GError **error)
{
  return domuimg_guest_set_aside_glob (self, "/etc/NetworkManager/system-connections", "*", NULL,
                                       error);
}

static gboolean
take_out_netifrc (DomuimgGuestRun *self, GError **error)
{
  return domuimg_guest_set_aside_netifrc (self, 0, error);
}

/* What the source machine says to tools that are installed beside the one in charge, and would give
 * this guest's NICs that machine's addresses. */
static gboolean
set_aside_others (DomuimgGuestRun *self, DomuimgNetStack stack, GError **error)
{
  static const struct {
    DomuimgNetStack stack;
    gboolean (*set_aside) (DomuimgGuestRun *self, GError **error);
  } others[] = { { DOMUIMG_STACK_NM, set_aside_nm },
                 { DOMUIMG_STACK_NETWORKD, set_aside_networkd },
                 { DOMUIMG_STACK_IFUPDOWN, domuimg_guest_set_aside_interfaces },
                 { DOMUIMG_STACK_NETIFRC, take_out_netifrc } };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if ((self->info->stacks & 1 << others[i].stack) != 0 && stack != others[i].stack
        && !others[i].set_aside (self, error))
      return FALSE;
  return TRUE;
}

static gboolean
wants_dhcp (DomuimgGuestRun *self)
{
  for (guint i = 0; i < self->want->nics->len; i++)
    if (domuimg_guest_nic (self, i)->mode == DOMUIMG_GUEST_NIC_DHCP)
      return TRUE;
  return FALSE;
}

static gboolean
has_dhcp_client (DomuimgGuestRun *self)
{
  static const char *const clients[] = {
    "/sbin/dhclient", "/usr/sbin/dhclient", "/sbin/dhcpcd",  "/usr/sbin/dhcpcd",
    "/sbin/udhcpc",   "/usr/sbin/udhcpc",   "/usr/bin/udhcpc", "/sbin/pump",
  };

  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    if (domuimg_tree_exists (self->edit->tree, clients[i]))
      return TRUE;
  return FALSE;
}

/* ifupdown asks another program for an address; systemd-networkd can do it alone. */
static DomuimgNetStack
choose_stack (DomuimgGuestRun *self)
{
  DomuimgNetStack stack = self->info->stack;

  if (stack != DOMUIMG_STACK_IFUPDOWN || !wants_dhcp (self) || has_dhcp_client (self))
    return stack;
  if (self->info->init == DOMUIMG_INIT_SYSTEMD
      && (self->info->stacks & 1 << DOMUIMG_STACK_NETWORKD) != 0)
    return DOMUIMG_STACK_NETWORKD;
  domuimg_edit_warn (self->edit,
                     "the guest has no DHCP client for ifupdown: add one "
                     "(isc-dhcp-client), or give a fixed address");
  return stack;
}

gboolean
domuimg_guest_step_network (DomuimgGuestRun *self, GError **error)
{
  static gboolean (*const stacks[]) (DomuimgGuestRun *, GError **) = {
    [DOMUIMG_STACK_NONE] = no_tool,
    [DOMUIMG_STACK_NETPLAN] = domuimg_guest_network_netplan,
    [DOMUIMG_STACK_NM] = domuimg_guest_network_nm,
    [DOMUIMG_STACK_NETWORKD] = domuimg_guest_network_networkd,
    [DOMUIMG_STACK_IFUPDOWN] = domuimg_guest_network_ifupdown,
    [DOMUIMG_STACK_IFCFG] = domuimg_guest_network_ifcfg,
    [DOMUIMG_STACK_WICKED] = domuimg_guest_network_wicked,
    [DOMUIMG_STACK_DHCPCD] = domuimg_guest_network_dhcpcd,
    [DOMUIMG_STACK_NETIFRC] = domuimg_guest_network_netifrc,
    [DOMUIMG_STACK_INET1] = domuimg_guest_network_inet1,
  };

  DomuimgNetStack stack;

  if (self->want->nics->len == 0)
    return !self->want->has_seeded_network || self->info->stack != DOMUIMG_STACK_NETWORKD
           || domuimg_guest_enable_networkd (self, error);
  stack = choose_stack (self);
  if (stack != DOMUIMG_STACK_NONE && !set_aside_others (self, stack, error))
    return FALSE;
  return quiet_cloud_init (self, error) && stacks[stack](self, error);
}
