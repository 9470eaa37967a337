/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/repair.h"

/* The network's files: interfaces that the guest will not have. A login does not wait for them for
 * good, so these are warnings. */

#define ASSIGNMENT_MAX 64

/* Names that go by a place on a bus, which Xen's interfaces do not have. */
static gboolean
is_of_other_machine (const char *name)
{
  return g_regex_match_simple ("^(en[opsx]|wl|ww|em[0-9]|p[0-9]+p)", name, 0, 0)
         && !g_str_has_prefix (name, "enX");
}

static void
report_name (DomuimgMachine *self, const char *file, const char *name)
{
  if (!is_of_other_machine (name))
    return;
  domuimg_finding_advise (
      domuimg_machine_report (self, "network-interface", name,
                              "%s configures %s, and the guest's interfaces will be %s", file, name,
                              "eth0 or enX0, and so on"),
      "match the interface by its MAC address there, or by enX* (systemd-networkd: [Match]"
      " MACAddress=), or write the network anew with domuimg create's --nic");
}

static void
check_interfaces (DomuimgMachine *self, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit_set (g_strstrip (lines[i]), " \t", 3);

      if (words[0] != NULL && words[1] != NULL && g_str_equal (words[0], "iface"))
        report_name (self, path, words[1]);
    }
}

/* Name=, as of a [Match] of systemd-networkd, interface-name= of NetworkManager, DEVICE= of ifcfg. */
static void
check_assignment (DomuimgMachine *self, const char *path, const char *key)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (strncmp (line, key, length) == 0)
        {
          g_autofree char *value = g_strndup (line + length, ASSIGNMENT_MAX);

          g_strdelimit (value, "\"'", ' ');
          report_name (self, path, g_strstrip (value));
        }
    }
}

typedef struct {
  const char *directory;
  const char *pattern;
  const char *key; /* (nullable) ifupdown's own syntax */
} Place;

static const Place files[] = {
  { "/etc/network", "interfaces", NULL },
  { "/etc/network/interfaces.d", "*", NULL },
  { "/etc/systemd/network", "*.network", "Name=" },
  { "/etc/NetworkManager/system-connections", "*", "interface-name=" },
  { "/etc/sysconfig/network-scripts", "ifcfg-*", "DEVICE=" },
  { "/etc/sysconfig/network", "ifcfg-*", "DEVICE=" },
};

static void
check_place (DomuimgMachine *self, const Place *place)
{
  g_auto (GStrv) names = domuimg_tree_list (self->tree, place->directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (place->directory, "/", names[i], NULL);

      if (!g_pattern_match_simple (place->pattern, names[i]))
        continue;
      if (place->key == NULL)
        check_interfaces (self, path);
      else
        check_assignment (self, path, place->key);
    }
}

/* netplan: the names below "ethernets:" are interfaces, unless a match: is below them. */
static void
check_netplan (DomuimgMachine *self)
{
  g_auto (GStrv) names = domuimg_tree_list (self->tree, "/etc/netplan", NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("/etc/netplan/", names[i], NULL);
      g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
      g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

      if (text == NULL || strstr (text, "match:") != NULL)
        continue;
      for (guint j = 0; lines[j] != NULL; j++)
        {
          char *line = g_strstrip (lines[j]);
          gsize length = strlen (line);

          if (length > 1 && line[length - 1] == ':' && strchr (line, ' ') == NULL)
            {
              line[length - 1] = '\0';
              report_name (self, path, line);
            }
        }
    }
}

static gboolean
is_mac_of (DomuimgMachine *self, const char *text)
{
  GPtrArray *nics = domuimg_domain_get_nics (self->domain);
  g_autofree char *lower = g_ascii_strdown (text, -1);

  for (guint i = 0; i < nics->len; i++)
    {
      const char *mac = domuimg_domain_nic_get_mac (g_ptr_array_index (nics, i));
      g_autofree char *own = mac != NULL ? g_ascii_strdown (mac, -1) : NULL;

      /* A MAC address that Xen will make up may be any. */
      if (own == NULL || strstr (lower, own) != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
repair_rules (DomuimgRepairSite *site, const char *argument, GError **error)
{
  if (!domuimg_repair_keep (site, argument, error)
      || !domuimg_tree_remove (site->tree, argument, error))
    return FALSE;
  domuimg_repair_note (site, "took %s away, and kept it", argument);
  return TRUE;
}

static void
check_persistent (DomuimgMachine *self)
{
  static const char path[] = "/etc/udev/rules.d/70-persistent-net.rules";
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (*g_strstrip (lines[i]) == '#' || strstr (lines[i], "NAME=") == NULL
          || is_mac_of (self, lines[i]))
        continue;
      domuimg_finding_offer (
          domuimg_machine_report (self, "network-persistent-rules", lines[i],
                                  "%s keeps a name for an interface of another machine: the"
                                  " guest's first one gets the next",
                                  path),
          repair_rules, path, "take %s away, and keep it", path);
      return;
    }
}

void
domuimg_check_network (DomuimgMachine *self)
{
  if (self->tree == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    check_place (self, &files[i]);
  check_netplan (self);
  check_persistent (self);
}
