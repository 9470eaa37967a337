/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks the network's files for interfaces that the guest will not have; a login does not wait for
 * them forever, so these are warnings. */
#include "config.h"
#include "lib/check/rules.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 2000

/* What the guest's first interface will be called. A name of the kernel's, "eth0", unless udev
 * gives it another: that of systemd 250 and newer calls Xen's interfaces enX0, if it is let to, and
 * if the distribution has not kept an older scheme, as Red Hat does. */
typedef struct {
  DomuimgMachine *machine;
  const char *name; /* (nullable) either */
} Names;

static int
version_in (DomuimgTree *tree, const char *directory)
{
  static const char prefix[] = "libsystemd-shared-";
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    if (g_str_has_prefix (names[i], prefix))
      return atoi (names[i] + strlen (prefix));
  return 0;
}

static gboolean
is_masked (DomuimgTree *tree, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (tree, path, NULL);

  return entry != NULL
         && ((entry->type == DOMUIMG_ENTRY_SYMLINK && g_str_equal (entry->target, "/dev/null"))
             || (entry->type == DOMUIMG_ENTRY_FILE && entry->size == 0));
}

static const char *
expect_name (DomuimgMachine *self)
{
  static const char *const places[] = { "/usr/lib/systemd", "/lib/systemd",
                                        "/usr/lib/x86_64-linux-gnu/systemd",
                                        "/usr/lib/i386-linux-gnu/systemd", "/usr/lib64/systemd" };
  g_autofree char *names = domuimg_machine_get_parameter (self, "net.ifnames");
  g_autofree char *scheme = domuimg_machine_get_parameter (self, "net.naming-scheme");
  int version = 0;

  if (self->type == DOMUIMG_GUEST_TYPE_HVM || scheme != NULL)
    return NULL;
  if (g_strcmp0 (names, "0") == 0
      || is_masked (self->tree, "/etc/systemd/network/99-default.link")
      || is_masked (self->tree, "/etc/udev/rules.d/80-net-setup-link.rules"))
    return "eth0";
  for (guint i = 0; i < G_N_ELEMENTS (places) && version == 0; i++)
    version = version_in (self->tree, places[i]);
  if (version == 0 && self->info != NULL && self->info->init != DOMUIMG_INIT_SYSTEMD
      && self->info->init != DOMUIMG_INIT_UNKNOWN)
    return "eth0";
  if (version == 0 || (version >= 250 && self->info != NULL && self->info->redhat))
    return NULL;
  return version >= 250 ? "enX0" : "eth0";
}

static gboolean
any_file_has (DomuimgTree *tree, const char *directory, const char *suffix, const char *text)
{
  g_auto (GStrv) names = domuimg_tree_list (tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", names[i], NULL);
      g_autofree char *found = g_str_has_suffix (names[i], suffix)
                                   ? domuimg_tree_read_text (tree, path, NULL)
                                   : NULL;

      if (found != NULL && strstr (found, text) != NULL)
        return TRUE;
    }
  return FALSE;
}

/* By a rule of the guest's own, which check_persistent() looks at. */
static gboolean
is_given (DomuimgMachine *self, const char *name)
{
  g_autofree char *rule = g_strdup_printf ("NAME=\"%s\"", name);
  g_autofree char *link = g_strdup_printf ("Name=%s\n", name);

  return any_file_has (self->tree, "/etc/udev/rules.d", ".rules", rule)
         || any_file_has (self->tree, "/etc/systemd/network", ".link", link);
}

/* Names that go by a place on a bus, which Xen's interfaces do not have, and of the two kinds
 * that they can have the other. */
static gboolean
is_of_other_machine (const Names *names, const char *name)
{
  if (g_regex_match_simple ("^(en[opsx]|wl|ww|em|p[0-9]+p)[0-9a-z]*$", name, 0, 0))
    return TRUE;
  if (names->name == NULL)
    return FALSE;
  return g_regex_match_simple (g_str_equal (names->name, "enX0") ? "^eth[0-9]+$" : "^enX[0-9]+$",
                               name, 0, 0);
}

static gboolean
is_part_of_name (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '-';
}

/* File, old and new name. */
static gboolean
repair_name (DomuimgEdit *edit, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "\n", 3);
  g_autofree char *text = domuimg_tree_read_text (edit->tree, parts[0], error);
  g_autoptr (GString) changed = g_string_new (NULL);
  gsize length = strlen (parts[1]);

  if (text == NULL)
    return FALSE;
  for (const char *c = text; *c != '\0';)
    if (strncmp (c, parts[1], length) == 0 && !is_part_of_name (c[length])
        && (c == text || !is_part_of_name (c[-1])))
      {
        g_string_append (changed, parts[2]);
        c += length;
      }
    else
      g_string_append_c (changed, *c++);
  return domuimg_edit_write (edit, parts[0], changed->str, 0644, error);
}

static void
report_name (const Names *names, const char *file, const char *name)
{
  DomuimgMachine *self = names->machine;
  g_autofree char *argument = NULL;
  DomuimgFinding *finding;

  if (!is_of_other_machine (names, name) || is_given (self, name))
    return;
  finding = domuimg_machine_report (self, "network-interface", name,
                                    "%s is about %s, and the guest's first interface will be %s",
                                    file, name, names->name != NULL ? names->name : "eth0 or enX0");
  argument = g_strdup_printf ("%s\n%s\n%s", file, name, names->name);
  /* Which one of several it is meant to be is anybody's guess. */
  if (names->name != NULL && domuimg_domain_get_nics (self->domain)->len == 1)
    domuimg_finding_offer_edit (finding, repair_name, argument, "write %s for %s in %s",
                                names->name, name, file);
  else
    domuimg_finding_advise (finding, "name the interface there as the guest does, or by its MAC"
                                     " address");
}

static void
check_interfaces (const Names *names, const char *path)
{
  g_autofree char *text = domuimg_tree_read_text (names->machine->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", LINES_MAX);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  /* "auto mac/ADDRESS=NAME" gives a name of any kind. */
  if (text == NULL || strstr (text, "mac/") != NULL)
    return;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit_set (g_strstrip (lines[i]), " \t", 3);

      if (words[0] != NULL && words[1] != NULL && g_str_equal (words[0], "iface")
          && g_hash_table_add (seen, g_strdup (words[1])))
        report_name (names, path, words[1]);
    }
}

/* The words of a value, some of which may be patterns, are names for one and the same. */
static void
check_words (const Names *names, const char *path, const char *value)
{
  g_autofree char *plain = g_strdelimit (g_strdup (value), "\"'\r", ' ');
  g_auto (GStrv) words = g_strsplit_set (g_strstrip (plain), " \t", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (!is_of_other_machine (names, words[i]))
      return;
  if (words[0] != NULL)
    report_name (names, path, words[0]);
}

/* Name=, as of a [Match] of systemd-networkd, interface-name= of NetworkManager, DEVICE= of ifcfg,
 * where HWADDR= finds the interface and gives it the name. */
static void
check_assignment (const Names *names, const char *path, const char *key)
{
  g_autofree char *text = domuimg_tree_read_text (names->machine->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", LINES_MAX);

  if (text == NULL || strstr (text, "HWADDR=") != NULL)
    return;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (g_str_has_prefix (line, key))
        check_words (names, path, line + strlen (key));
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
check_place (const Names *names, const Place *place)
{
  g_auto (GStrv) found = domuimg_tree_list (names->machine->tree, place->directory, NULL);

  for (guint i = 0; found != NULL && found[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (place->directory, "/", found[i], NULL);

      if (!g_pattern_match_simple (place->pattern, found[i]))
        continue;
      if (place->key == NULL)
        check_interfaces (names, path);
      else
        check_assignment (names, path, place->key);
    }
}

/* netplan: the names below "ethernets:" are interfaces, unless a match: is below them. */
static void
check_netplan (const Names *names)
{
  DomuimgTree *tree = names->machine->tree;
  g_auto (GStrv) found = domuimg_tree_list (tree, "/etc/netplan", NULL);

  for (guint i = 0; found != NULL && found[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("/etc/netplan/", found[i], NULL);
      g_autofree char *text = domuimg_tree_read_text (tree, path, NULL);
      g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", LINES_MAX);

      if (text == NULL || strstr (text, "match:") != NULL)
        continue;
      for (guint j = 0; lines[j] != NULL; j++)
        {
          char *line = g_strstrip (lines[j]);
          gsize length = strlen (line);

          if (length > 1 && line[length - 1] == ':' && strchr (line, ' ') == NULL)
            {
              line[length - 1] = '\0';
              report_name (names, path, line);
            }
        }
    }
}

/* Whether an interface of the guest has, or may have, the MAC address of @text. */
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
  return nics->len == 0;
}

static gboolean
has_address (const char *text)
{
  return g_regex_match_simple ("([0-9a-f]{2}:){5}[0-9a-f]{2}", text, G_REGEX_CASELESS, 0);
}

/* Files that find their interface by its address. */
static void
check_addresses (DomuimgMachine *self, const char *directory, const char *suffix, const char *key)
{
  g_auto (GStrv) names = domuimg_tree_list (self->tree, directory, NULL);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (directory, "/", names[i], NULL);
      g_autofree char *text = g_pattern_match_simple (suffix, names[i])
                                  ? domuimg_tree_read_text (self->tree, path, NULL)
                                  : NULL;
      g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", LINES_MAX);

      for (guint j = 0; lines[j] != NULL; j++)
        {
          const char *line = g_strstrip (lines[j]);

          if (!g_str_has_prefix (line, key) || !has_address (line) || is_mac_of (self, line))
            continue;
          domuimg_finding_advise (
              domuimg_machine_report (self, "network-interface", line,
                                      "%s is about an interface with a MAC address that the guest"
                                      " does not have",
                                      path),
              "write the MAC address of the guest's configuration there, or mac= of this file in"
              " its vif=");
        }
    }
}

static gboolean
repair_rules (DomuimgEdit *edit, const char *argument, GError **error)
{
  return domuimg_edit_take_away (edit, argument, error);
}

/* Whether a rule like SUBSYSTEM=="net", ATTR{address}=="…", NAME="eth0" is for a MAC address that
 * this guest does not have. */
static gboolean
is_rule_of_other_machine (DomuimgMachine *self, const char *line)
{
  return *line != '#' && strstr (line, "NAME=\"") != NULL && has_address (line)
         && !is_mac_of (self, line);
}

static void
check_persistent (DomuimgMachine *self)
{
  static const char path[] = "/etc/udev/rules.d/70-persistent-net.rules";
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, NULL);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", LINES_MAX);

  for (guint i = 0; lines[i] != NULL; i++)
    if (is_rule_of_other_machine (self, g_strstrip (lines[i])))
      {
        domuimg_finding_offer_edit (
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
  Names names = { self };

  /* Our init knows cards by their addresses. */
  if (self->tree == NULL || self->application != NULL)
    return;
  names.name = expect_name (self);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    check_place (&names, &files[i]);
  check_netplan (&names);
  check_addresses (self, "/etc/systemd/network", "*.network", "MACAddress=");
  check_addresses (self, "/etc/NetworkManager/system-connections", "*", "mac-address=");
  check_addresses (self, "/etc/sysconfig/network-scripts", "ifcfg-*", "HWADDR=");
  check_persistent (self);
}
