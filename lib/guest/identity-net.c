/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cleaners of what the network knows a machine by: the addresses of its cards, and its name. */
#include "config.h"
#include "lib/guest/identity.h"

#include <string.h>

/* Where the tools of guests' networks have the addresses of cards. */
static const DomuimgIdentityPlace places[] = {
  { "/etc/netplan", "*.yaml" },
  { "/etc/systemd/network", "*" },
  { "/etc/network", "interfaces" },
  { "/etc/network/interfaces.d", "*" },
  { "/etc/sysconfig/network-scripts", "ifcfg-*" },
  { "/etc/sysconfig/network", "ifcfg-*" },
  { "/etc/NetworkManager/system-connections", "*" },
  { "/etc/udev/rules.d", "*net*" },
  { "/etc/conf.d", "net" },
  { "/etc/cloud/cloud.cfg.d", "*" },
};

static gboolean
replace_in_file (DomuimgGuestRun *self, const char *path, GError **error)
{
  return domuimg_identity_rename (self, path, self->want->macs, error);
}

#define MAC "([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"

/* What goes by a MAC address, and what by any card; the rest of such a line says nothing without it. */
static const struct {
  const char *pattern, *replacement;
} forgotten[] = {
  { "^MACAddress=" MAC ".*$", "Type=ether" },                     /* systemd.network(5) */
  { "^(\\s*)macaddress:\\s*[\"']?" MAC "[\"']?\\s*$", "\\1name: \"e*\"" }, /* netplan */
  { "ATTR\\{address\\}==\"" MAC "\",\\s*", "" },                      /* rules of udev */
  { "^.*\\b" MAC "\\b.*\\n?", "" },
};

static char *
forget_macs (const char *text)
{
  char *result = g_strdup (text);

  for (guint i = 0; result != NULL && i < G_N_ELEMENTS (forgotten); i++)
    {
      g_autoptr (GRegex) regex = g_regex_new (forgotten[i].pattern, G_REGEX_MULTILINE, 0, NULL);
      char *next = g_regex_replace (regex, result, -1, 0, forgotten[i].replacement, 0, NULL);

      g_free (result);
      result = next;
    }
  return result;
}

static gboolean
forget_in_file (DomuimgGuestRun *self, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *rest = NULL;

  if (!domuimg_edit_read (self->edit, path, &text, error))
    return FALSE;
  rest = text != NULL && g_utf8_validate (text, -1, NULL) ? forget_macs (text) : NULL;
  /* The name of a card that has no address is nobody's. */
  if (rest != NULL && g_str_has_suffix (path, ".link") && !g_str_equal (rest, text))
    return domuimg_edit_remove (self->edit, path, error);
  return rest == NULL || domuimg_edit_write (self->edit, path, rest, 0644, error);
}

gboolean
domuimg_clean_macs (DomuimgGuestRun *self, GError **error)
{
  if (self->want->macs->len == 0 && !self->want->forgets_macs)
    return TRUE;
  return domuimg_identity_each_file (self, places, G_N_ELEMENTS (places),
                                     self->want->forgets_macs ? forget_in_file : replace_in_file, error);
}

/* The names of @line, behind its address, without those of the old machine. */
static char *
drop_names (const char *line, const char *full, const char *short_name)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) words = g_strsplit_set (line, " \t", -1);
  guint n = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (*words[i] == '\0'
          || (n > 0 && (g_str_equal (words[i], full) || g_str_equal (words[i], short_name))))
        continue;
      g_string_append_printf (out, "%s%s", n == 0 ? "" : n == 1 ? "\t" : " ", words[i]);
      n++;
    }
  return n > 1 ? g_string_free (g_steal_pointer (&out), FALSE) : NULL;
}

static gboolean
names_host (const char *line, const char *full, const char *short_name)
{
  return *line != '#' && (strstr (line, full) != NULL || strstr (line, short_name) != NULL);
}

static char *
forget_name (const char *text, const char *full)
{
  g_autofree char *short_name = domuimg_guest_short_name (full);
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && (lines[i + 1] != NULL || *lines[i] != '\0'); i++)
    {
      g_autofree char *rest = names_host (lines[i], full, short_name)
                                  ? drop_names (lines[i], full, short_name)
                                  : g_strdup (lines[i]);

      if (rest != NULL)
        g_string_append_printf (out, "%s\n", rest);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* The step of host names has written the new one by now; the old one may stand in further lines. */
gboolean
domuimg_clean_hosts (DomuimgGuestRun *self, GError **error)
{
  g_autofree char *text = NULL;

  if (self->old_hostname == NULL || *self->old_hostname == '\0'
      || g_strcmp0 (self->old_hostname, self->want->hostname) == 0
      || g_str_equal (self->old_hostname, "localhost"))
    return TRUE;
  if (!domuimg_edit_read (self->edit, "/etc/hosts", &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  g_autofree char *rest = forget_name (text, self->old_hostname);
  return domuimg_edit_write (self->edit, "/etc/hosts", rest, 0644, error);
}
