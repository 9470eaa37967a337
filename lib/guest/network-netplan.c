/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for netplan. */
#include "config.h"
#include "lib/guest/network.h"

#include <string.h>

#define DIRECTORY "/etc/netplan"
#define OURS "10-domuimg.yaml"

/* The renderer that the source's files ask for, if they do. */
static gboolean
wants_nm (DomuimgGuestRun *self)
{
  g_auto (GStrv) names = domuimg_tree_list (self->edit->tree, DIRECTORY, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf (DIRECTORY "/%s", names[i]);
      g_autofree char *text = domuimg_tree_read_text (self->edit->tree, path, NULL);

      if (text != NULL && strstr (text, "renderer: NetworkManager") != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
append_route (GString *out, const char *to, const char *via, gboolean *heading)
{
  if (via == NULL)
    return;
  if (!*heading)
    g_string_append (out, "      routes:\n");
  *heading = TRUE;
  g_string_append_printf (out, "        - to: \"%s\"\n          via: \"%s\"\n", to, via);
}

static void
append_dns (GString *out, const DomuimgGuestNic *nic)
{
  gboolean search = nic->dns_search != NULL && *nic->dns_search != '\0';

  if (nic->dns->len == 0 && !search)
    return;
  g_string_append (out, "      nameservers:\n");
  if (search)
    {
      g_auto (GStrv) domains = g_strsplit (nic->dns_search, " ", -1);

      g_string_append (out, "        search:\n");
      for (guint i = 0; domains[i] != NULL; i++)
        g_string_append_printf (out, "          - \"%s\"\n", domains[i]);
    }
  if (nic->dns->len > 0)
    g_string_append (out, "        addresses:\n");
  for (guint i = 0; i < nic->dns->len; i++)
    g_string_append_printf (out, "          - \"%s\"\n", (char *) g_ptr_array_index (nic->dns, i));
}

/* netplan(5); the routes are written as releases before 0.103 know them too. */
static void
append_nic (GString *out, const DomuimgGuestNic *nic, guint index)
{
  gboolean fixed = nic->mode == DOMUIMG_GUEST_NIC_STATIC;
  const char *address = fixed ? nic->address : NULL;
  gboolean heading = FALSE;

  g_string_append_printf (out,
                          "    nic%u:\n"
                          "      match:\n"
                          "        macaddress: \"%s\"\n"
                          "      dhcp4: %s\n",
                          index, nic->mac,
                          nic->mode == DOMUIMG_GUEST_NIC_DHCP ? "true" : "false");
  if (nic->mode == DOMUIMG_GUEST_NIC_NONE)
    {
      g_string_append (out, "      link-local: []\n      optional: true\n");
      return;
    }
  if (address != NULL || nic->address6 != NULL)
    g_string_append (out, "      addresses:\n");
  if (address != NULL)
    g_string_append_printf (out, "        - \"%s\"\n", address);
  if (nic->address6 != NULL)
    g_string_append_printf (out, "        - \"%s\"\n", nic->address6);
  append_route (out, "0.0.0.0/0", fixed ? nic->gateway : NULL, &heading);
  append_route (out, "::/0", nic->gateway6, &heading);
  append_dns (out, nic);
}

gboolean
domuimg_guest_network_netplan (DomuimgGuestRun *self, GError **error)
{
  static const char *const keep[] = { OURS, NULL };
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK "network:\n  version: 2\n");

  g_string_append_printf (out, "  renderer: %s\n  ethernets:\n",
                          wants_nm (self) ? "NetworkManager" : "networkd");
  for (guint i = 0; i < self->want->nics->len; i++)
    append_nic (out, domuimg_guest_nic (self, i), i);
  /* netplan warns of files that others can read. */
  return domuimg_guest_set_aside_glob (self, DIRECTORY, "*.yaml", keep, error)
         && domuimg_edit_write_own (self->edit, DIRECTORY "/" OURS, out->str, 0600, error);
}
