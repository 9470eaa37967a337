/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for the scripts of Gentoo (netifrc) and Slackware (rc.inet1). */
#include "config.h"
#include "lib/guest/network.h"

#include <string.h>

#define NETIFRC "/etc/conf.d/net"
#define RUNLEVEL "/etc/runlevels/default"
#define INET1 "/etc/rc.d/rc.inet1.conf"

/* A file that is not ours is the source machine's. */
static gboolean
replace_file (DomuimgGuestRun *self, const char *path, const char *text, GError **error)
{
  g_autofree char *old = NULL;

  if (!domuimg_edit_read (self->edit, path, &old, error))
    return FALSE;
  if (old != NULL && !g_str_has_prefix (old, DOMUIMG_GUEST_MARK)
      && !domuimg_edit_set_aside (self->edit, path, error))
    return FALSE;
  return domuimg_edit_write_own (self->edit, path, text, 0644, error);
}

static void
append_netifrc (GString *out, const DomuimgGuestNic *nic, guint index)
{
  gboolean fixed = nic->mode == DOMUIMG_GUEST_NIC_STATIC;
  const char *first = nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "dhcp"
                      : fixed && nic->address != NULL     ? nic->address
                      : nic->address6 != NULL             ? ""
                                                          : "null";

  if (nic->mode == DOMUIMG_GUEST_NIC_NONE)
    return;
  g_string_append_printf (out, "config_eth%u=\"%s%s%s\"\n", index, first,
                          *first != '\0' && nic->address6 != NULL ? "\n" : "",
                          nic->address6 != NULL ? nic->address6 : "");
  g_string_append_printf (out, "routes_eth%u=\"", index);
  if (fixed && nic->gateway != NULL)
    g_string_append_printf (out, "default via %s\n", nic->gateway);
  if (nic->gateway6 != NULL)
    g_string_append_printf (out, "default via %s\n", nic->gateway6);
  g_string_append_printf (out, "\"\ndns_servers_eth%u=\"", index);
  for (guint i = 0; i < nic->dns->len; i++)
    g_string_append_printf (out, "%s ", (char *) g_ptr_array_index (nic->dns, i));
  g_string_append (out, "\"\n");
  if (nic->dns_search != NULL)
    g_string_append_printf (out, "dns_search_eth%u=\"%s\"\n", index, nic->dns_search);
}

gboolean
domuimg_guest_set_aside_netifrc (DomuimgGuestRun *self, guint n_own, GError **error)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (keep, g_strdup ("net.lo"));
  for (guint i = 0; i < n_own; i++)
    g_ptr_array_add (keep, g_strdup_printf ("net.eth%u", i));
  g_ptr_array_add (keep, NULL);
  return domuimg_guest_set_aside_glob (self, RUNLEVEL, "net.*", (const char *const *) keep->pdata,
                                       error);
}

/* Each interface is a service: a link to net.lo, which a run level has. */
static gboolean
enable_netifrc (DomuimgGuestRun *self, guint index, GError **error)
{
  g_autofree char *service = g_strdup_printf ("/etc/init.d/net.eth%u", index);
  g_autofree char *wish = g_strdup_printf (RUNLEVEL "/net.eth%u", index);

  if (domuimg_guest_nic (self, index)->mode == DOMUIMG_GUEST_NIC_NONE)
    return domuimg_edit_remove (self->edit, wish, error);
  return domuimg_edit_symlink (self->edit, "net.lo", service, error)
         && domuimg_edit_symlink (self->edit, service, wish, error);
}

gboolean
domuimg_guest_network_netifrc (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);

  for (guint i = 0; i < self->want->nics->len; i++)
    append_netifrc (out, domuimg_guest_nic (self, i), i);
  if (!replace_file (self, NETIFRC, out->str, error)
      || !domuimg_guest_set_aside_netifrc (self, self->want->nics->len, error)
      || !domuimg_guest_name_nics_if_udev (self, error))
    return FALSE;
  for (guint i = 0; i < self->want->nics->len; i++)
    if (!enable_netifrc (self, i, error))
      return FALSE;
  return TRUE;
}

/* Slackware 15 has a list of addresses with prefixes where 14 has an address and a mask. */
static void
append_inet1 (GString *out, const DomuimgGuestNic *nic, guint index, gboolean has_lists)
{
  gboolean fixed = nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->address != NULL;

  g_string_append_printf (out, "IFNAME[%u]=\"eth%u\"\nUSE_DHCP[%u]=\"%s\"\n", index, index, index,
                          nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "yes" : "");
  if (fixed && has_lists)
    g_string_append_printf (out, "IPADDRS[%u]=\"%s\"\n", index, nic->address);
  else if (fixed)
    {
      g_autofree char *address = domuimg_guest_address_part (nic->address);
      g_autofree char *netmask = domuimg_guest_netmask (nic->address);

      g_string_append_printf (out, "IPADDR[%u]=\"%s\"\nNETMASK[%u]=\"%s\"\n", index, address, index,
                              netmask);
    }
  if (nic->address6 != NULL && has_lists)
    g_string_append_printf (out, "IP6ADDRS[%u]=\"%s\"\n", index, nic->address6);
  if (fixed && nic->gateway != NULL)
    g_string_append_printf (out, "GATEWAY=\"%s\"\n", nic->gateway);
  if (nic->gateway6 != NULL && has_lists)
    g_string_append_printf (out, "GATEWAY6=\"%s\"\n", nic->gateway6);
}

gboolean
domuimg_guest_network_inet1 (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);
  g_autofree char *script = NULL;
  gboolean has_lists;

  if (!domuimg_edit_read (self->edit, "/etc/rc.d/rc.inet1", &script, error))
    return FALSE;
  has_lists = script != NULL && strstr (script, "IPADDRS") != NULL;
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      const DomuimgGuestNic *nic = domuimg_guest_nic (self, i);

      append_inet1 (out, nic, i, has_lists);
      if (nic->address6 != NULL && !has_lists)
        domuimg_edit_warn (self->edit, "rc.inet1 of this guest knows no IPv6: %s is not set",
                           nic->address6);
    }
  return replace_file (self, INET1, out->str, error)
         && domuimg_guest_name_nics_if_udev (self, error)
         && domuimg_guest_write_resolv_conf (self, error);
}
