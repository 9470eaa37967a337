/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for ifupdown, of Debian and its family. */
#include "config.h"
#include "lib/guest/network.h"

#include <stdio.h>
#include <string.h>

#define INTERFACES "/etc/network/interfaces"

/* Whether the guest's ifupdown takes "auto mac/ADDRESS=NAME": from Debian's 0.8.20 (its
 * NEWS, and "PATTERN MATCHING INTERFACES" in interfaces(5)). BusyBox's and ifupdown-ng do
 * not. */
static gboolean
matches_by_mac (DomuimgGuestRun *self)
{
  g_autofree char *version = domuimg_guest_dpkg_version (self->edit->tree, "ifupdown");
  int major = 0, minor = 0, micro = 0;

  if (version == NULL || sscanf (version, "%d.%d.%d", &major, &minor, &micro) < 2)
    return FALSE;
  return major > 0 || minor > 8 || (minor == 8 && micro >= 20);
}

static void
append_dns (GString *out, const DomuimgGuestNic *nic)
{
  if (nic->dns->len > 0)
    g_string_append (out, "\tdns-nameservers");
  for (guint i = 0; i < nic->dns->len; i++)
    g_string_append_printf (out, " %s", (char *) g_ptr_array_index (nic->dns, i));
  if (nic->dns->len > 0)
    g_string_append_c (out, '\n');
  if (nic->dns_search != NULL)
    g_string_append_printf (out, "\tdns-search %s\n", nic->dns_search);
}

/* Address and mask apart, as the oldest versions want them. */
static void
append_nic (GString *out, const DomuimgGuestNic *nic, const char *name, gboolean resolvconf)
{
  if (nic->mode == DOMUIMG_GUEST_NIC_DHCP)
    g_string_append_printf (out, "iface %s inet dhcp\n", name);
  else if (nic->address != NULL)
    {
      g_autofree char *address = domuimg_guest_address_part (nic->address);
      g_autofree char *netmask = domuimg_guest_netmask (nic->address);

      g_string_append_printf (out, "iface %s inet static\n\taddress %s\n\tnetmask %s\n", name,
                              address, netmask);
      if (nic->gateway != NULL)
        g_string_append_printf (out, "\tgateway %s\n", nic->gateway);
    }
  else
    g_string_append_printf (out, "iface %s inet manual\n", name);
  if (resolvconf)
    append_dns (out, nic);
  if (nic->address6 == NULL)
    return;
  g_autofree char *address6 = domuimg_guest_address_part (nic->address6);
  g_string_append_printf (out, "iface %s inet6 static\n\taddress %s\n\tnetmask %u\n", name,
                          address6, domuimg_guest_prefix_part (nic->address6));
  if (nic->gateway6 != NULL)
    g_string_append_printf (out, "\tgateway %s\n", nic->gateway6);
}

static char *
interfaces_file (DomuimgGuestRun *self, gboolean by_mac)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);
  gboolean resolvconf = domuimg_tree_exists (self->edit->tree, "/sbin/resolvconf")
                        || domuimg_tree_exists (self->edit->tree, "/usr/sbin/resolvconf");

  g_string_append (out, "auto lo\niface lo inet loopback\n");
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      const DomuimgGuestNic *nic = domuimg_guest_nic (self, i);
      g_autofree char *name = g_strdup_printf ("%s%u", by_mac ? "nic" : "eth", i);

      if (nic->mode == DOMUIMG_GUEST_NIC_NONE)
        continue;
      if (by_mac)
        g_string_append_printf (out, "\nauto mac/%s=%s\n", nic->mac, name);
      else
        g_string_append_printf (out, "\nauto %s\n", name);
      append_nic (out, nic, name, resolvconf);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* The file as a whole is of the source machine, whose bridges and cards the guest lacks;
 * one with the loopback interface only is not worth keeping. */
gboolean
domuimg_guest_set_aside_interfaces (DomuimgGuestRun *self, GError **error)
{
  g_autofree char *text = NULL;

  if (!domuimg_guest_set_aside_glob (self, INTERFACES ".d", "*", NULL, error)
      || !domuimg_edit_read (self->edit, INTERFACES, &text, error))
    return FALSE;
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  for (guint i = 0; lines[i] != NULL && !g_str_has_prefix (text, DOMUIMG_GUEST_MARK); i++)
    {
      g_auto (GStrv) words = g_strsplit_set (g_strstrip (lines[i]), " \t", 3);

      if (g_strv_length (words) >= 2 && g_str_equal (words[0], "iface")
          && !g_str_equal (words[1], "lo"))
        return domuimg_edit_set_aside (self->edit, INTERFACES, error);
    }
  return TRUE;
}

static gboolean
enable (DomuimgGuestRun *self, GError **error)
{
  const char *script = "/etc/init.d/networking";

  if (self->info->init == DOMUIMG_INIT_SYSTEMD)
    return domuimg_guest_want_unit (self, "multi-user.target", "networking.service", error);
  if (!self->info->openrc || !domuimg_tree_exists (self->edit->tree, script)
      || domuimg_tree_exists (self->edit->tree, "/etc/runlevels/default/networking"))
    return TRUE;
  return domuimg_edit_symlink (self->edit, script, "/etc/runlevels/boot/networking", error);
}

gboolean
domuimg_guest_network_ifupdown (DomuimgGuestRun *self, GError **error)
{
  gboolean by_mac = matches_by_mac (self);
  gboolean has_udev = domuimg_tree_is_dir (self->edit->tree, "/etc/udev");
  g_autofree char *text = interfaces_file (self, by_mac);

  /* Without patterns a fixed name is tied to the address by udev. Without udev (Alpine's
   * mdev) the kernel's names stay, and Xen's NICs come in the order of their numbers. */
  if (!by_mac && has_udev && !domuimg_guest_name_nics (self, error))
    return FALSE;
  if (!domuimg_guest_set_aside_interfaces (self, error)
      || !domuimg_edit_write (self->edit, INTERFACES, text, 0644, error) || !enable (self, error))
    return FALSE;
  if (domuimg_tree_exists (self->edit->tree, "/sbin/resolvconf")
      || domuimg_tree_exists (self->edit->tree, "/usr/sbin/resolvconf"))
    return TRUE;
  return domuimg_guest_write_resolv_conf (self, error);
}
