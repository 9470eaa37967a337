/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for Red Hat's network scripts and SUSE's wicked. */
#include "config.h"
#include "lib/guest/network.h"

#include <string.h>

#define REDHAT_DIR "/etc/sysconfig/network-scripts"
#define SUSE_DIR "/etc/sysconfig/network"

/* The names of the files that are to stay, NULL at the end. */
static GPtrArray *
files_to_keep (DomuimgGuestRun *self)
{
  GPtrArray *keep = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (keep, g_strdup ("ifcfg-lo"));
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      g_ptr_array_add (keep, g_strdup_printf ("ifcfg-eth%u", i));
      g_ptr_array_add (keep, g_strdup_printf ("ifroute-eth%u", i));
    }
  g_ptr_array_add (keep, NULL);
  return keep;
}

/* A file that stays by its name, but is not ours, is of the source machine too. */
static gboolean
set_aside_all (DomuimgGuestRun *self, const char *directory, const char *const *patterns,
               GError **error)
{
  g_autoptr (GPtrArray) keep = files_to_keep (self);

  for (guint i = 0; patterns[i] != NULL; i++)
    if (!domuimg_guest_set_aside_glob (self, directory, patterns[i],
                                       (const char *const *) keep->pdata, error))
      return FALSE;
  for (guint i = 1; i + 1 < keep->len; i++)
    {
      g_autofree char *path
          = g_strdup_printf ("%s/%s", directory, (char *) g_ptr_array_index (keep, i));
      g_autofree char *text = NULL;

      if (!domuimg_edit_read (self->edit, path, &text, error))
        return FALSE;
      if (text != NULL && !g_str_has_prefix (text, DOMUIMG_GUEST_MARK)
          && !domuimg_edit_set_aside (self->edit, path, error))
        return FALSE;
    }
  return TRUE;
}

static void
append_addresses (GString *out, const DomuimgGuestNic *nic)
{
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->address != NULL)
    {
      g_autofree char *address = domuimg_guest_address_part (nic->address);
      g_autofree char *netmask = domuimg_guest_netmask (nic->address);

      g_string_append_printf (out, "IPADDR=%s\nNETMASK=%s\n", address, netmask);
      if (nic->gateway != NULL)
        g_string_append_printf (out, "GATEWAY=%s\n", nic->gateway);
    }
  if (nic->address6 == NULL)
    return;
  g_string_append_printf (out, "IPV6INIT=yes\nIPV6ADDR=%s\n", nic->address6);
  if (nic->gateway6 != NULL)
    g_string_append_printf (out, "IPV6_DEFAULTGW=%s\n", nic->gateway6);
}

static char *
redhat_file (DomuimgGuestRun *self, guint index)
{
  const DomuimgGuestNic *nic = domuimg_guest_nic (self, index);
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);
  g_autofree char *mac = g_ascii_strup (nic->mac, -1);

  /* The old scripts give the card of this address this name; NetworkManager would want
   * both to be so already. */
  if (self->info->stack == DOMUIMG_STACK_IFCFG)
    g_string_append_printf (out, "DEVICE=eth%u\n", index);
  g_string_append_printf (out, "NAME=eth%u\nHWADDR=%s\nTYPE=Ethernet\nONBOOT=%s\nBOOTPROTO=%s\n",
                          index, mac, nic->mode == DOMUIMG_GUEST_NIC_NONE ? "no" : "yes",
                          nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "dhcp" : "none");
  if (nic->mode != DOMUIMG_GUEST_NIC_NONE)
    append_addresses (out, nic);
  for (guint i = 0; i < nic->dns->len; i++)
    g_string_append_printf (out, "DNS%u=%s\n", i + 1, (char *) g_ptr_array_index (nic->dns, i));
  if (nic->dns_search != NULL)
    g_string_append_printf (out, "DOMAIN=\"%s\"\n", nic->dns_search);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Names for all interfaces, or for one that is gone: with a GATEWAYDEV of such a one, the scripts set
 * no default route. */
static char *
without_gateways (const char *text, gpointer user_data)
{
  static const char *const names[]
      = { "GATEWAY",         "GATEWAYDEV",      "IPV6_DEFAULTGW", "IPV6_DEFAULTDEV",
          "IPV6_ROUTER",     "GATEWAY_IF",      "IPADDR",         "DNS1",
          "DNS2",            "DOMAIN",          "SEARCH",         NULL };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = g_strstrip (g_strdup (lines[i]));
      const char *start = g_str_has_prefix (line, "export ") ? line + 7 : line;
      g_autofree char *name = g_strndup (start, strcspn (start, "="));

      g_string_append_printf (out, "%s%s%s", g_strv_contains (names, name) ? "#" : "", lines[i],
                              lines[i + 1] != NULL ? "\n" : "");
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

gboolean
domuimg_guest_set_aside_ifcfg (DomuimgGuestRun *self, GError **error)
{
  static const char *const patterns[]
      = { "ifcfg-*", "route-*", "route6-*", "rule-*", "rule6-*", NULL };

  /* With SUSE, /etc/sysconfig/network is a directory. */
  if (!domuimg_tree_is_dir (self->edit->tree, REDHAT_DIR))
    return TRUE;
  /* The old scripts would also take "ifcfg-eth0.bak": what is set aside goes elsewhere. */
  return set_aside_all (self, REDHAT_DIR, patterns, error)
         && domuimg_edit_set_aside (self->edit, "/etc/sysconfig/static-routes", error)
         && domuimg_edit_set_aside (self->edit, "/etc/sysconfig/static-routes-ipv6", error)
         && domuimg_edit_rewrite (self->edit, "/etc/sysconfig/network", without_gateways, NULL,
                                  error);
}

gboolean
domuimg_guest_write_ifcfg (DomuimgGuestRun *self, GError **error)
{
  if (!domuimg_guest_set_aside_ifcfg (self, error))
    return FALSE;
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      g_autofree char *path = g_strdup_printf (REDHAT_DIR "/ifcfg-eth%u", i);
      g_autofree char *text = redhat_file (self, i);

      if (!domuimg_edit_write_own (self->edit, path, text, 0644, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
starts_in (DomuimgGuestRun *self, const char *directory)
{
  g_auto (GStrv) names = domuimg_tree_list (self->edit->tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_pattern_match_simple ("S??network", names[i]))
      return TRUE;
  return FALSE;
}

/* Makes the links of `chkconfig network on`: the script says "chkconfig: 2345 10 90". */
static gboolean
enable_scripts (DomuimgGuestRun *self, GError **error)
{
  if (!domuimg_tree_exists (self->edit->tree, "/etc/rc.d/init.d/network"))
    return TRUE;
  for (guint level = 2; level <= 5; level++)
    {
      g_autofree char *directory = g_strdup_printf ("/etc/rc.d/rc%u.d", level);
      g_autofree char *start = g_strconcat (directory, "/S10network", NULL);
      g_autofree char *stop = g_strconcat (directory, "/K90network", NULL);

      if (starts_in (self, directory))
        continue;
      if (!domuimg_edit_remove (self->edit, stop, error)
          || !domuimg_edit_symlink (self->edit, "../init.d/network", start, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_guest_network_ifcfg (DomuimgGuestRun *self, GError **error)
{
  g_autofree char *old = NULL;

  if (!domuimg_guest_write_ifcfg (self, error)
      || !domuimg_edit_read (self->edit, "/etc/sysconfig/network", &old, error))
    return FALSE;
  g_autofree char *text
      = domuimg_edit_set_assignment (old != NULL ? old : "", "NETWORKING", "yes");
  return domuimg_edit_write (self->edit, "/etc/sysconfig/network", text, 0644, error)
         && enable_scripts (self, error);
}

/* ifcfg(5) of wicked */
static char *
suse_file (const DomuimgGuestNic *nic)
{
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);
  gboolean fixed = nic->mode == DOMUIMG_GUEST_NIC_STATIC;

  g_string_append_printf (out, "STARTMODE='%s'\nBOOTPROTO='%s'\n",
                          nic->mode == DOMUIMG_GUEST_NIC_NONE ? "off" : "auto",
                          nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "dhcp" : "static");
  if (fixed && nic->address != NULL)
    g_string_append_printf (out, "IPADDR_0='%s'\n", nic->address);
  if (nic->address6 != NULL)
    g_string_append_printf (out, "IPADDR_1='%s'\n", nic->address6);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
write_suse_nic (DomuimgGuestRun *self, guint index, GError **error)
{
  const DomuimgGuestNic *nic = domuimg_guest_nic (self, index);
  g_autofree char *path = g_strdup_printf (SUSE_DIR "/ifcfg-eth%u", index);
  g_autofree char *routes = g_strdup_printf (SUSE_DIR "/ifroute-eth%u", index);
  g_autofree char *text = suse_file (nic);
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);

  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->gateway != NULL)
    g_string_append_printf (out, "default %s - -\n", nic->gateway);
  if (nic->gateway6 != NULL)
    g_string_append_printf (out, "default %s - -\n", nic->gateway6);
  return domuimg_edit_write_own (self->edit, path, text, 0600, error)
         && domuimg_edit_write_own (self->edit, routes, out->str, 0600, error);
}

static gboolean
write_suse_dns (DomuimgGuestRun *self, GError **error)
{
  g_autoptr (GString) servers = g_string_new (NULL);
  g_autofree char *old = NULL;

  for (guint i = 0; i < self->want->nics->len; i++)
    for (guint j = 0; j < domuimg_guest_nic (self, i)->dns->len; j++)
      g_string_append_printf (servers, "%s%s", servers->len > 0 ? " " : "",
                              (char *) g_ptr_array_index (domuimg_guest_nic (self, i)->dns, j));
  if (servers->len == 0)
    return TRUE;
  if (!domuimg_edit_read (self->edit, SUSE_DIR "/config", &old, error))
    return FALSE;
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", servers->str);
  g_autofree char *text = domuimg_edit_set_assignment (
      old != NULL ? old : "", "NETCONFIG_DNS_STATIC_SERVERS", quoted);
  return domuimg_edit_write (self->edit, SUSE_DIR "/config", text, 0644, error);
}

gboolean
domuimg_guest_network_wicked (DomuimgGuestRun *self, GError **error)
{
  static const char *const patterns[]
      = { "ifcfg-*", "ifroute-*", "ifrule-*", "routes", "rules", NULL };

  if (!set_aside_all (self, SUSE_DIR, patterns, error)
      || !domuimg_guest_set_aside_glob (self, "/etc/wicked/ifconfig", "*.xml", NULL, error)
      || !domuimg_guest_name_nics (self, error))
    return FALSE;
  for (guint i = 0; i < self->want->nics->len; i++)
    if (!write_suse_nic (self, i, error))
      return FALSE;
  return write_suse_dns (self, error)
         && domuimg_guest_want_unit (self, "multi-user.target", "wicked.service", error);
}
