/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for systemd-networkd. */
#include "config.h"
#include "lib/guest/network.h"

#define DIRECTORY "/etc/systemd/network"

/* systemd.network(5) */
static char *
network_file (const DomuimgGuestNic *nic)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);

  g_string_append_printf (out, "[Match]\nMACAddress=%s\n\n", nic->mac);
  if (nic->mode == DOMUIMG_GUEST_NIC_NONE)
    {
      g_string_append (out, "[Link]\nUnmanaged=yes\n");
      return g_string_free (g_steal_pointer (&out), FALSE);
    }
  g_string_append_printf (out, "[Network]\nDHCP=%s\n",
                          nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "yes" : "no");
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->address != NULL)
    g_string_append_printf (out, "Address=%s\n", nic->address);
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->gateway != NULL)
    g_string_append_printf (out, "Gateway=%s\n", nic->gateway);
  if (nic->address6 != NULL)
    g_string_append_printf (out, "Address=%s\n", nic->address6);
  if (nic->gateway6 != NULL)
    g_string_append_printf (out, "Gateway=%s\n", nic->gateway6);
  for (guint i = 0; i < nic->dns->len; i++)
    g_string_append_printf (out, "DNS=%s\n", (char *) g_ptr_array_index (nic->dns, i));
  if (nic->dns_search != NULL)
    g_string_append_printf (out, "Domains=%s\n", nic->dns_search);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Does what `systemctl enable systemd-networkd` does; units that the guest lacks are left out. */
static gboolean
enable_networkd (DomuimgGuestRun *self, GError **error)
{
  return domuimg_guest_want_unit (self, "multi-user.target", "systemd-networkd.service", error)
         && domuimg_guest_want_unit (self, "sockets.target", "systemd-networkd.socket", error)
         && domuimg_guest_want_unit (self, "network-online.target",
                                     "systemd-networkd-wait-online.service", error);
}

static gboolean
enable_resolved (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->edit->tree, "/etc/resolv.conf", NULL);

  if (!domuimg_guest_want_unit (self, "multi-user.target", "systemd-resolved.service", error))
    return FALSE;
  /* A link, to whichever of resolved's files, is a choice of the guest. */
  if (entry != NULL && entry->type == DOMUIMG_ENTRY_SYMLINK)
    return TRUE;
  return domuimg_edit_symlink (self->edit, "../run/systemd/resolve/stub-resolv.conf",
                               "/etc/resolv.conf", error);
}

static gboolean
set_up_dns (DomuimgGuestRun *self, GError **error)
{
  guint servers = 0;
  DomuimgTree *tree = self->edit->tree;
  g_autofree char *resolved = domuimg_guest_unit_path (tree, "systemd-resolved.service");

  if (resolved != NULL)
    return enable_resolved (self, error);
  for (guint i = 0; i < self->want->nics->len; i++)
    servers += domuimg_guest_nic (self, i)->dns->len;
  if (servers == 0 && !domuimg_tree_exists (tree, "/etc/resolv.conf"))
    domuimg_edit_warn (self->edit,
                       "the guest has no systemd-resolved, so nothing writes DHCP's name "
                       "servers into /etc/resolv.conf: give name servers, or add the "
                       "package systemd-resolved");
  return domuimg_guest_write_resolv_conf (self, error);
}

gboolean
domuimg_guest_enable_networkd (DomuimgGuestRun *self, GError **error)
{
  return enable_networkd (self, error) && set_up_dns (self, error);
}

gboolean
domuimg_guest_network_networkd (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < self->want->nics->len; i++)
    g_ptr_array_add (keep, g_strdup_printf ("10-domuimg-nic%u.network", i));
  g_ptr_array_add (keep, NULL);
  if (!domuimg_guest_set_aside_glob (self, DIRECTORY, "*.network",
                                     (const char *const *) keep->pdata, error)
      || !domuimg_guest_set_aside_glob (self, DIRECTORY, "*.netdev", NULL, error)
      || !domuimg_guest_set_aside_glob (self, DIRECTORY, "*.link", NULL, error))
    return FALSE;
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      g_autofree char *path
          = g_strdup_printf (DIRECTORY "/%s", (char *) g_ptr_array_index (keep, i));
      g_autofree char *text = network_file (domuimg_guest_nic (self, i));

      if (!domuimg_edit_write_own (self->edit, path, text, 0644, error))
        return FALSE;
    }
  return domuimg_guest_enable_networkd (self, error);
}
