/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NICs for dhcpcd, where nothing else is in charge: Void, Artix, Arch, some of Gentoo. */
#include "config.h"
#include "lib/guest/network.h"

#include <string.h>

#define CONFIG "/etc/dhcpcd.conf"

static gboolean
starts_with_word (const char *line, const char *const *words)
{
  g_auto (GStrv) parts = g_strsplit_set (line, " \t=", 2);

  return parts[0] != NULL && g_strv_contains (words, parts[0]);
}

/* dhcpcd.conf(5): a block begins with one of these lines, and ends where the next one begins. What
 * is before the first of them is for all interfaces. */
static char *
general_part (const char *text, gboolean *has_old)
{
  static const char *const blocks[] = { "interface", "profile", "ssid", "arping", NULL };
  static const char *const old[]
      = { "static", "inform", "inform6", "fallback", "denyinterfaces", "allowinterfaces", NULL };
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GString) out = g_string_new (NULL);

  *has_old = FALSE;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *line = g_strstrip (g_strdup (lines[i]));

      if (starts_with_word (line, blocks))
        {
          *has_old = TRUE;
          break;
        }
      if (starts_with_word (line, old))
        *has_old = TRUE;
      else if (lines[i + 1] != NULL || *line != '\0')
        g_string_append_printf (out, "%s\n", lines[i]);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static void
append_nic (DomuimgGuestRun *self, GString *out, guint index)
{
  const DomuimgGuestNic *nic = domuimg_guest_nic (self, index);

  if (nic->mode == DOMUIMG_GUEST_NIC_NONE)
    return;
  g_string_append_printf (out, "interface eth%u\n", index);
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->address != NULL)
    g_string_append_printf (out, "static ip_address=%s\n", nic->address);
  if (nic->mode == DOMUIMG_GUEST_NIC_STATIC && nic->gateway != NULL)
    g_string_append_printf (out, "static routers=%s\n", nic->gateway);
  if (nic->address6 != NULL)
    g_string_append_printf (out, "static ip6_address=%s\n", nic->address6);
  for (guint i = 0; i < nic->dns->len; i++)
    g_string_append_printf (out, "%s%s%s", i == 0 ? "static domain_name_servers=" : " ",
                            (char *) g_ptr_array_index (nic->dns, i),
                            i + 1 == nic->dns->len ? "\n" : "");
  if (nic->dns_search != NULL)
    g_string_append_printf (out, "static domain_search=%s\n", nic->dns_search);
  if (nic->gateway6 != NULL)
    domuimg_edit_warn (self->edit,
                       "dhcpcd takes the IPv6 gateway from router advertisements only: %s is not"
                       " set",
                       nic->gateway6);
}

static gboolean
enable (DomuimgGuestRun *self, GError **error)
{
  DomuimgTree *tree = self->edit->tree;

  if (domuimg_guest_dhcpcd_is_enabled (tree))
    return TRUE;
  if (self->info->init == DOMUIMG_INIT_SYSTEMD)
    return domuimg_guest_want_unit (self, "multi-user.target", "dhcpcd.service", error);
  if (domuimg_tree_is_dir (tree, "/etc/sv/dhcpcd"))
    return domuimg_edit_symlink (self->edit, "/etc/sv/dhcpcd",
                                 "/etc/runit/runsvdir/default/dhcpcd", error);
  if (self->info->openrc && domuimg_tree_exists (tree, "/etc/init.d/dhcpcd"))
    return domuimg_edit_symlink (self->edit, "/etc/init.d/dhcpcd",
                                 "/etc/runlevels/default/dhcpcd", error);
  domuimg_edit_warn (self->edit, "nothing starts dhcpcd in the guest: have its init start it, or its"
                                 " NICs stay down");
  return TRUE;
}

gboolean
domuimg_guest_network_dhcpcd (DomuimgGuestRun *self, GError **error)
{
  g_autofree char *old = NULL;
  gboolean has_old, is_ours;

  if (!domuimg_edit_read (self->edit, CONFIG, &old, error))
    return FALSE;
  g_autofree char *general = general_part (old != NULL ? old : "", &has_old);
  g_autoptr (GString) out = g_string_new (DOMUIMG_GUEST_MARK);

  is_ours = g_str_has_prefix (general, DOMUIMG_GUEST_MARK);
  if (has_old && !is_ours && !domuimg_edit_set_aside (self->edit, CONFIG, error))
    return FALSE;
  g_string_append (out, is_ours ? general + strlen (DOMUIMG_GUEST_MARK) : general);
  for (guint i = 0; i < self->want->nics->len; i++)
    if (domuimg_guest_nic (self, i)->mode == DOMUIMG_GUEST_NIC_NONE)
      g_string_append_printf (out, "denyinterfaces eth%u\n", i);
  for (guint i = 0; i < self->want->nics->len; i++)
    append_nic (self, out, i);
  return domuimg_edit_write (self->edit, CONFIG, out->str, 0644, error)
         && domuimg_guest_name_nics_if_udev (self, error) && enable (self, error);
}
