/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses beside names of network cards, in files of several kinds. */
#include "config.h"
#include "lib/convert/cards.h"

#include <string.h>

#include "lib/base/mac.h"

#define MAC "([0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5})"
/* What the kernel, systemd and biosdevname call cards. */
#define CARD                                                                                     \
  "eth[0-9]{1,3}|eno[0-9]{1,5}(?:np[0-9]+)?|ens[0-9]{1,5}(?:f[0-9]+)?(?:d[0-9]+)?(?:np[0-9]+)?"  \
  "|en(?:P[0-9]+)?p[0-9]+s[0-9]+(?:f[0-9]+)?(?:d[0-9]+)?(?:np[0-9]+)?|enx[0-9a-f]{12}"           \
  "|enX[0-9]{1,3}|em[0-9]{1,2}|p[0-9]{1,2}p[0-9]{1,2}|venet[0-9]+"
#define BEFORE "(?<![A-Za-z0-9_./@*-])"
#define AFTER "(?![A-Za-z0-9_*-])"
#define NAMES_MAX 100

static void
card_free (gpointer data)
{
  DomuimgCard *self = data;

  g_free (self->name);
  g_free (self->mac);
  g_free (self);
}

GPtrArray *
domuimg_cards_new (void)
{
  return g_ptr_array_new_with_free_func (card_free);
}

static void
add_card (GPtrArray *cards, const char *name, const char *mac)
{
  DomuimgCard *card;
  guint8 bytes[6];

  if (name == NULL || mac == NULL || cards->len >= NAMES_MAX || !domuimg_mac_read (mac, bytes))
    return;
  card = g_new0 (DomuimgCard, 1);
  card->name = g_strdup (name);
  card->mac = domuimg_mac_format (bytes);
  g_ptr_array_add (cards, card);
}

/* The first group of the first match. */
static char *
find_match (const GRegex *regex, const char *text)
{
  g_autoptr (GMatchInfo) match = NULL;

  return g_regex_match (regex, text, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

static char *
find (const char *text, const char *pattern)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, G_REGEX_MULTILINE, 0, NULL);

  return find_match (regex, text);
}

/* SUBSYSTEM=="net", ..., ATTR{address}=="MAC", ..., NAME="NAME" */
static void
read_rules (const char *text, GPtrArray *cards)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GRegex) address
      = g_regex_new ("(?:ATTRS?|SYSFS)\\{address\\}==\"" MAC "\"", 0, 0, NULL);
  g_autoptr (GRegex) assignment = g_regex_new ("\\bNAME:?=\"([A-Za-z0-9_.-]+)\"", 0, 0, NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_autofree char *mac = find_match (address, lines[i]);
      g_autofree char *name = mac != NULL ? find_match (assignment, lines[i]) : NULL;

      add_card (cards, name, mac);
    }
}

/* ifcfg-NAME; DEVICE= in Red Hat's files may name another interface. */
static void
read_ifcfg (const char *base, const char *text, GPtrArray *cards)
{
  g_autofree char *device = find (text, "^[ \t]*DEVICE=[\"']?([A-Za-z0-9_.-]+)");
  g_autofree char *mac = find (text, "^[ \t]*HWADDR=[\"']?" MAC);

  add_card (cards, device != NULL ? device : base + strlen ("ifcfg-"), mac);
}

static void
read_keys (const char *text, const char *name_key, const char *mac_key, GPtrArray *cards)
{
  g_autofree char *name_pattern = g_strdup_printf ("^%s[ \t]*=[ \t]*([A-Za-z0-9_.-]+)[ \t]*$", name_key);
  g_autofree char *mac_pattern = g_strdup_printf ("^%s[ \t]*=[ \t]*" MAC, mac_key);
  g_autofree char *name = find (text, name_pattern);
  g_autofree char *mac = find (text, mac_pattern);

  add_card (cards, name, mac);
}

/* A scalar without its quotes. */
static char *
take_scalar (const char *at, gsize length)
{
  g_autofree char *text = g_strstrip (g_strndup (at, length));
  gsize end = strlen (text);

  if (end >= 2 && (*text == '"' || *text == '\'') && text[end - 1] == *text)
    return g_strndup (text + 1, end - 2);
  return g_steal_pointer (&text);
}

static gboolean
is_mac (const char *text)
{
  guint8 bytes[6];

  return domuimg_mac_read (text, bytes) && strchr (text, ':') != NULL;
}

/* What is said of one interface. */
typedef struct {
  char *name;
  char *mac;
} YamlCard;

static void
yaml_card_finish (YamlCard *self, GPtrArray *cards)
{
  add_card (cards, self->name, self->mac);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->mac, g_free);
}

/* Below network: ethernets: NAME: there are set-name: and match: macaddress:. */
static void
read_yaml_line (YamlCard *card, guint depth, const char *key, char *value, GPtrArray *cards)
{
  if (depth == 3)
    {
      yaml_card_finish (card, cards);
      card->name = g_strdup (key);
    }
  else if (depth == 4 && g_str_equal (key, "set-name") && *value != '\0')
    {
      g_free (card->name);
      card->name = g_strdup (value);
    }
  else if (depth == 5 && g_str_equal (key, "macaddress") && is_mac (value))
    {
      g_free (card->mac);
      card->mac = g_strdup (value);
    }
}

static void
read_netplan (const char *text, GPtrArray *cards)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GArray) above = g_array_new (FALSE, FALSE, sizeof (gsize));
  YamlCard card = { NULL, NULL };

  for (guint i = 0; lines[i] != NULL; i++)
    {
      gsize indent = strspn (lines[i], " ");
      const char *colon = strchr (lines[i] + indent, ':');
      g_autofree char *key = NULL, *value = NULL;

      if (colon == NULL || lines[i][indent] == '-')
        continue;
      key = take_scalar (lines[i] + indent, (gsize) (colon - lines[i]) - indent);
      value = take_scalar (colon + 1, strlen (colon + 1));
      while (above->len > 0 && g_array_index (above, gsize, above->len - 1) >= indent)
        g_array_set_size (above, above->len - 1);
      g_array_append_val (above, indent);
      read_yaml_line (&card, above->len, key, value, cards);
    }
  yaml_card_finish (&card, cards);
}

void
domuimg_cards_read (GPtrArray *cards, const char *path, const char *plain)
{
  g_autofree char *base = g_path_get_basename (path);

  if (g_str_has_suffix (base, ".rules"))
    read_rules (plain, cards);
  else if (g_str_has_prefix (base, "ifcfg-"))
    read_ifcfg (base, plain, cards);
  else if (g_str_has_suffix (base, ".yaml"))
    read_netplan (plain, cards);
  else if (g_str_has_suffix (base, ".network") || g_str_has_suffix (base, ".link"))
    read_keys (plain, "Name", "(?:Permanent)?MACAddress", cards);
  else if (strstr (path, "/system-connections/") != NULL)
    read_keys (plain, "interface-name", "mac-address", cards);
}

char *
domuimg_cards_strip (const char *text)
{
  g_autoptr (GRegex) regex = g_regex_new ("^[ \\t]*[#;].*$", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  char *plain = g_regex_replace_literal (regex, valid, -1, 0, "", 0, NULL);

  return plain != NULL ? plain : g_strdup ("");
}

static void
add_name (GPtrArray *names, const char *name)
{
  if (names->len < NAMES_MAX
      && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

void
domuimg_cards_find_names (GPtrArray *names, const char *plain)
{
  g_autoptr (GRegex) regex = g_regex_new (BEFORE "(" CARD ")" AFTER, G_REGEX_OPTIMIZE, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  for (g_regex_match (regex, plain, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1);

      add_name (names, name);
    }
}

gboolean
domuimg_cards_mention (const char *plain, const char *name)
{
  g_autofree char *escaped = g_regex_escape_string (name, -1);
  g_autofree char *pattern = g_strconcat (BEFORE, escaped, AFTER, NULL);

  return g_regex_match_simple (pattern, plain, 0, 0);
}

char *
domuimg_cards_find_glob (const char *path, const char *plain)
{
  gboolean is_networkd = g_str_has_suffix (path, ".network");

  if (!is_networkd && !g_str_has_suffix (path, ".yaml"))
    return NULL;
  return find (plain, is_networkd ? "^Name[ \t]*=[ \t]*([a-z]+)\\*[ \t]*$"
                                  : "^ +name:[ \t]*[\"']?([a-z]+)\\*[\"']?[ \t]*$");
}
