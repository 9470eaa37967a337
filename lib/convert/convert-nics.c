/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/convert/convert-edit.h"

/* Network interfaces keep the names that the guest's files have for them: udev gives each to the
 * card that takes the place of the old one. So addresses, routes, firewalls and what else names an
 * interface stay as they are. */

#define RULES "/etc/udev/rules.d/70-domuimg-net.rules"

/* Where names of interfaces stand: the first group is one. */
static const struct {
  const char *directory; /* or a file */
  const char *suffix;
  const char *pattern;
} places[] = {
  { "/etc/network/interfaces", "", "^\\s*iface\\s+(\\S+)\\s+inet6?\\b" },
  { "/etc/network/interfaces.d", "", "^\\s*iface\\s+(\\S+)\\s+inet6?\\b" },
  { "/etc/netplan", ".yaml", "^ {4,8}[\"']?([A-Za-z0-9]+)[\"']?:\\s*$" },
  { "/etc/NetworkManager/system-connections", "", "^interface-name\\s*=\\s*(\\S+)" },
  { "/etc/systemd/network", ".network", "^Name\\s*=\\s*(\\S+)" },
  { "/etc/sysconfig/network-scripts", "", "^DEVICE\\s*=\\s*[\"']?([A-Za-z0-9]+)" },
  { "/etc/conf.d/net", "", "^config_(\\w+)=" },
  { "/etc/dhcpcd.conf", "", "^interface\\s+(\\S+)" },
};

/* Cards, not what is made of them: no bridge, bond, VLAN or loopback. */
static gboolean
is_card (const char *name)
{
  return g_regex_match_simple ("^(eth[0-9]{1,3}|en(o|p|s|x|X)[0-9a-z]+|em[0-9]{1,2}|p[0-9]+p[0-9]+"
                               "|venet[0-9]+)$",
                               name, G_REGEX_DOLLAR_ENDONLY, 0);
}

/* By their numbers: eth2 before eth10. */
static gint
compare_names (gconstpointer a, gconstpointer b)
{
  g_autofree char *first = g_utf8_collate_key_for_filename (*(char *const *) a, -1);
  g_autofree char *second = g_utf8_collate_key_for_filename (*(char *const *) b, -1);

  return strcmp (first, second);
}

static void
add_names (GPtrArray *names, const char *text, const char *pattern)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);

      if (is_card (name) && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
        g_ptr_array_add (names, g_steal_pointer (&name));
    }
}

/* Calls @visit with each file of the guest's that may name interfaces. */
static gboolean
each_file (DomuimgConvertEdit *self,
           gboolean (*visit) (DomuimgConvertEdit *self, const char *path, const char *text,
                              const char *pattern, gpointer data, GError **error),
           gpointer data, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      const char *place = places[i].directory;
      g_auto (GStrv) listed = domuimg_tree_is_dir (self->root, place)
                                  ? domuimg_tree_list (self->root, place, NULL)
                                  : NULL;
      char *itself[] = { (char *) "", NULL };
      char **names = listed != NULL ? listed : itself;

      for (guint j = 0; names[j] != NULL; j++)
        {
          g_autofree char *path = g_build_filename (place, names[j], NULL);
          g_autofree char *text = g_str_has_suffix (path, places[i].suffix)
                                      ? domuimg_tree_read_text (self->root, path, NULL)
                                      : NULL;

          if (text != NULL && !visit (self, path, text, places[i].pattern, data, error))
            return FALSE;
        }
    }
  return TRUE;
}

static gboolean
collect (DomuimgConvertEdit *self, const char *path, const char *text, const char *pattern,
         gpointer data, GError **error)
{
  add_names (data, text, pattern);
  return TRUE;
}

/* Which card of the old machine has the address @mac; -1. */
static int
find_nic (DomuimgConvertEdit *self, const char *mac)
{
  for (guint i = 0; i < self->want->nics->len; i++)
    {
      const DomuimgConvertNic *nic = g_ptr_array_index (self->want->nics, i);

      if (nic->old_mac != NULL && g_ascii_strcasecmp (nic->old_mac, mac) == 0)
        return i;
    }
  return -1;
}

/* Where nothing told the address of the only card, the only address in a file is it. */
static int
guess_nic (DomuimgConvertEdit *self)
{
  const DomuimgConvertNic *only
      = self->want->nics->len == 1 ? g_ptr_array_index (self->want->nics, 0) : NULL;

  return only != NULL && only->old_mac == NULL ? 0 : -1;
}

static gboolean
replace_mac (const GMatchInfo *match, GString *result, gpointer data)
{
  DomuimgConvertEdit *self = data;
  g_autofree char *mac = g_match_info_fetch (match, 0);
  int index = find_nic (self, mac);

  if (index < 0)
    index = guess_nic (self);
  g_string_append (result, index < 0 ? mac
                                     : ((const DomuimgConvertNic *) g_ptr_array_index (
                                            self->want->nics, index))
                                           ->mac);
  return FALSE;
}

static gboolean
convert_macs (DomuimgConvertEdit *self, const char *path, const char *text, const char *pattern,
              gpointer data, GError **error)
{
  g_autofree char *edited = g_regex_replace_eval (data, text, -1, 0, 0, replace_mac, self, NULL);

  return edited == NULL || domuimg_repair_write (self->site, path, edited, 0644, error);
}

/* What udev remembered of the old cards would give their names to nobody. */
static gboolean
remove_remembered (DomuimgConvertEdit *self, GError **error)
{
  static const char *const files[] = {
    "/etc/udev/rules.d/70-persistent-net.rules",   "/etc/udev/rules.d/75-persistent-net-generator.rules",
    "/etc/udev/rules.d/z25_persistent-net.rules",  "/etc/udev/rules.d/30-net_persistent_names.rules",
  };
  g_auto (GStrv) links = domuimg_tree_list (self->root, "/etc/systemd/network", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    if (!domuimg_convert_remove (self, files[i], error))
      return FALSE;
  for (guint i = 0; links != NULL && links[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename ("/etc/systemd/network", links[i], NULL);
      g_autofree char *text = g_str_has_suffix (path, ".link")
                                  ? domuimg_tree_read_text (self->root, path, NULL)
                                  : NULL;

      if (text != NULL && strstr (text, "MACAddress=") != NULL
          && !domuimg_convert_remove (self, path, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_rules (DomuimgConvertEdit *self, GPtrArray *names, GError **error)
{
  g_autoptr (GString) rules = g_string_new (
      "# Written by domuimg: the interfaces that this machine's files name.\n");
  guint n = MIN (names->len, self->want->nics->len);

  for (guint i = n; i < names->len; i++)
    domuimg_convert_warn (self, "the interface %s is configured, and this guest has no such network"
                                " card",
                          (char *) g_ptr_array_index (names, i));
  if (n == 0)
    return TRUE;
  /* What is made of a card, such as a VLAN, has its address, and no driver. */
  for (guint i = 0; i < n; i++)
    g_string_append_printf (
        rules, "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{address}==\"%s\", NAME=\"%s\"\n",
        ((const DomuimgConvertNic *) g_ptr_array_index (self->want->nics, i))->mac,
        (char *) g_ptr_array_index (names, i));
  return domuimg_tree_mkdir_p (self->root, "/etc/udev/rules.d", 0755, error)
         && domuimg_repair_write (self->site, RULES, rules->str, 0644, error);
}

gboolean
domuimg_convert_step_nics (DomuimgConvertEdit *self, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GRegex) mac
      = g_regex_new ("\\b[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}\\b", 0, 0, NULL);

  if (self->want->nics->len == 0)
    return TRUE;
  if (!each_file (self, collect, names, error) || !remove_remembered (self, error)
      || !each_file (self, convert_macs, mac, error))
    return FALSE;
  g_ptr_array_sort (names, compare_names);
  return write_rules (self, names, error);
}
