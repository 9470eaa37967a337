/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for NetworkManager. */
#include "config.h"
#include "lib/guest/network.h"

#define DIRECTORY "/etc/NetworkManager/system-connections"

/* Up to RHEL 8 its administrators look for ifcfg files, and NetworkManager reads them. */
static gboolean
prefers_ifcfg (DomuimgGuestRun *self)
{
  return self->info->redhat && !g_str_equal (self->info->id, "fedora") && self->info->major < 9
         && domuimg_tree_is_dir (self->edit->tree, "/etc/sysconfig/network-scripts");
}

/* The same NIC always gets the same UUID: of version 5's form, of the MAC address. */
static char *
uuid_of (const DomuimgGuestNic *nic)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, nic->mac, -1);

  return g_strdup_printf ("%.8s-%.4s-5%.3s-8%.3s-%.12s", sum, sum + 8, sum + 12, sum + 15,
                          sum + 18);
}

static void
append_dns (GString *out, const DomuimgGuestNic *nic, gboolean ipv6)
{
  g_autoptr (GString) servers = g_string_new (NULL);

  for (guint i = 0; i < nic->dns->len; i++)
    {
      const char *server = g_ptr_array_index (nic->dns, i);

      if (domuimg_guest_is_ipv6 (server) == ipv6)
        g_string_append_printf (servers, "%s;", server);
    }
  if (servers->len > 0)
    g_string_append_printf (out, "dns=%s\n", servers->str);
  if (nic->dns_search != NULL && !ipv6)
    {
      g_auto (GStrv) domains = g_strsplit (nic->dns_search, " ", -1);
      g_autofree char *list = g_strjoinv (";", domains);

      g_string_append_printf (out, "dns-search=%s;\n", list);
    }
}

static void
append_address (GString *out, const char *address, const char *gateway)
{
  g_string_append_printf (out, "method=manual\naddress1=%s%s%s\n", address,
                          gateway != NULL ? "," : "", gateway != NULL ? gateway : "");
}

/* nm-settings-keyfile(5) */
static char *
keyfile (const DomuimgGuestNic *nic, guint index)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);
  g_autofree char *uuid = uuid_of (nic);
  gboolean none = nic->mode == DOMUIMG_GUEST_NIC_NONE;

  g_string_append_printf (out,
                          "[connection]\nid=domuimg-nic%u\nuuid=%s\ntype=ethernet\n"
                          "autoconnect=%s\n\n[ethernet]\nmac-address=%s\n\n[ipv4]\n",
                          index, uuid, none ? "false" : "true", nic->mac);
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->address != NULL)
    append_address (out, nic->address, nic->gateway);
  else
    g_string_append_printf (out, "method=%s\n",
                            nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "auto" : "disabled");
  append_dns (out, nic, FALSE);
  g_string_append (out, "\n[ipv6]\n");
  if (nic->address6 != NULL && !none)
    append_address (out, nic->address6, nic->gateway6);
  else
    g_string_append_printf (out, "method=%s\n", none ? "ignore" : "auto");
  append_dns (out, nic, TRUE);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
write_keyfiles (DomuimgGuestRun *self, GError **error)
{
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      g_autofree char *path = g_strdup_printf (DIRECTORY "/domuimg-nic%u.nmconnection", i);
      g_autofree char *text = keyfile (domuimg_guest_nic (self, i), i);

      /* Files that others can read are ignored. */
      if (!domuimg_edit_write_own (self->edit, path, text, 0600, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_guest_network_nm (DomuimgGuestRun *self, GError **error)
{
  gboolean ifcfg = prefers_ifcfg (self);
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; !ifcfg && i < self->want->nics->len; i++)
    g_ptr_array_add (keep, g_strdup_printf ("domuimg-nic%u.nmconnection", i));
  g_ptr_array_add (keep, NULL);
  /* On Debian NetworkManager leaves alone what /etc/network/interfaces names. */
  if (!domuimg_guest_set_aside_interfaces (self, error)
      || !domuimg_guest_set_aside_glob (self, DIRECTORY, "*", (const char *const *) keep->pdata,
                                        error))
    return FALSE;
  /* Newer releases still read these files beside their own. */
  if (ifcfg ? !domuimg_guest_write_ifcfg (self, error)
            : !domuimg_guest_set_aside_ifcfg (self, error) || !write_keyfiles (self, error))
    return FALSE;
  return self->info->init != DOMUIMG_INIT_SYSTEMD
         || domuimg_guest_want_unit (self, "multi-user.target", "NetworkManager.service", error);
}
