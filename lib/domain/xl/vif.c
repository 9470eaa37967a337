/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/xl/device.h"

#include <stdlib.h>
#include <string.h>

#include "lib/domain/model/domain.h"

/* One vif, as parse_nic_config of tools/xl/xl_parse.c takes it: what it does not understand it
 * says and ignores, but for numbers. */

typedef void (*SetText) (DomuimgDomainNic *self, const char *value);

/* The first problem is the one to say. */
static void note (char **problem, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
note (char **problem, const char *format, ...)
{
  va_list args;

  if (problem == NULL || *problem != NULL)
    return;
  va_start (args, format);
  *problem = g_strdup_vprintf (format, args);
  va_end (args);
}

/* Six numbers in hexadecimal with one character between, whatever follows; xl reads "0:16:3e:1:2:3"
 * too. NULL for what it gives up on. */
static char *
read_mac (const char *text)
{
  guint bytes[6];

  for (guint i = 0; i < G_N_ELEMENTS (bytes); i++)
    {
      char *end = NULL;
      unsigned long byte = strtoul (text, &end, 16);

      if (end == text || byte > 255 || (i < 5 && *end == '\0'))
        return NULL;
      bytes[i] = byte;
      text = end + 1;
    }
  return g_strdup_printf ("%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2], bytes[3],
                          bytes[4], bytes[5]);
}

/* 32 bits, and more than nothing; @end is what follows. */
static gboolean
take_number (const char *text, guint64 *number, char **end)
{
  *number = g_ascii_strtoull (text, end, 0);
  return *number > 0 && *number <= G_MAXUINT32;
}

/* xlu_vif_parse_rate of libxlutil. */
static gboolean
rate_is_valid (const char *rate)
{
  g_auto (GStrv) parts = g_strsplit (rate, "@", 2);
  guint64 number;
  char *end;

  if (parts[0] == NULL || !g_regex_match_simple ("\\A[0-9]+[GMK]?[Bb]/s\\z", parts[0], 0, 0)
      || !take_number (parts[0], &number, &end))
    return FALSE;
  if (parts[1] == NULL)
    return TRUE;
  if (!g_regex_match_simple ("\\A[0-9]+[mu]?s?\\z", parts[1], 0, 0)
      || !take_number (parts[1], &number, &end))
    return FALSE;
  number *= *end == 's' || *end == '\0' ? G_USEC_PER_SEC : *end == 'm' ? 1000 : 1;
  return number <= G_MAXUINT32;
}

static gboolean
number_is_valid (const char *text)
{
  char *end = NULL;

  return strtoul (text, &end, 10) != G_MAXULONG && end != text;
}

static gboolean
set_known (DomuimgDomainNic *nic, const char *key, const char *value)
{
  static const struct {
    const char *key;
    SetText set;
  } setters[] = {
    { "bridge", domuimg_domain_nic_set_bridge }, { "ip", domuimg_domain_nic_set_ip },
    { "script", domuimg_domain_nic_set_script }, { "model", domuimg_domain_nic_set_model },
    { "vifname", domuimg_domain_nic_set_vifname }, { "rate", domuimg_domain_nic_set_rate },
  };

  for (guint i = 0; i < G_N_ELEMENTS (setters); i++)
    if (g_str_equal (key, setters[i].key))
      {
        setters[i].set (nic, value);
        return TRUE;
      }
  return FALSE;
}

/* What the model has no place for, and xl knows. */
static gboolean
is_kept (const char *key, const char *value)
{
  static const char *const keys[] = { "type", "netdev", "gatewaydev", "backend", "forwarddev",
                                      "accel", "devid", "mtu", NULL };
  static const char *const flags[] = { "trusted", "untrusted", NULL };

  return value != NULL ? g_strv_contains (keys, key) || g_str_has_prefix (key, "colo_")
                       : g_strv_contains (flags, key);
}

/* FALSE: xl stops. */
static gboolean
take_option (DomuimgDomainNic *nic, const char *item, GString *kept, char **problem)
{
  const char *value = strchr (item, '=') != NULL ? strchr (item, '=') + 1 : NULL;
  g_autofree char *key = g_strndup (item, value != NULL ? value - 1 - item : (gssize) strlen (item));

  if (value != NULL && g_str_equal (key, "mac"))
    {
      g_autofree char *mac = read_mac (value);

      domuimg_replace_text (&nic->mac, mac != NULL ? mac : value);
      return TRUE;
    }
  if ((g_str_equal (key, "devid") || g_str_equal (key, "mtu")) && value != NULL
      && !number_is_valid (value))
    {
      note (problem, "%s “%s” is not a number", key, value);
      return FALSE;
    }
  if (g_str_equal (key, "rate") && value != NULL && !rate_is_valid (value))
    {
      note (problem, "“%s” is not a rate such as 10Mb/s or 1MB/s@20ms", value);
      return FALSE;
    }
  if (value != NULL && set_known (nic, key, value))
    return TRUE;
  if (g_str_equal (key, "type") && g_strcmp0 (value, "vif") != 0 && g_strcmp0 (value, "ioemu") != 0)
    note (problem, "a vif has no type “%s”, only vif and ioemu", value != NULL ? value : "");
  else if (is_kept (key, value))
    g_string_append_printf (kept, "%s%s", kept->len > 0 ? "," : "", item);
  else
    note (problem, "xl does not know “%s” of a vif, and ignores it", key);
  return TRUE;
}

DomuimgDomainNic *
domuimg_xl_vif_read (const char *text, DomuimgXlDevice *more, char **problem)
{
  g_autoptr (DomuimgDomainNic) nic = g_object_new (DOMUIMG_TYPE_DOMAIN_NIC, NULL);
  g_autoptr (GString) kept = g_string_new (NULL);

  *more = (DomuimgXlDevice){ 0 };
  for (const char *at = text + strspn (text, ","); *at != '\0'; at += strspn (at, ","))
    {
      gsize blanks = strspn (at, " ");
      gsize length = strcspn (at + blanks, ",");
      g_autofree char *item = g_strndup (at + blanks, length);

      if (*item != '\0' && !take_option (nic, item, kept, problem))
        return NULL;
      if (g_str_has_prefix (item, "mac="))
        *more = (DomuimgXlDevice){ at + blanks + strlen ("mac=") - text, length - strlen ("mac="),
                                   more->deprecated };
      more->deprecated |= g_str_has_prefix (item, "netdev=");
      at += blanks + length;
    }
  domuimg_replace_text (&nic->options, kept->str);
  return g_steal_pointer (&nic);
}

DomuimgDomainNic *
domuimg_xl_vif_parse (const char *text, char **problem)
{
  DomuimgXlDevice more;

  return domuimg_xl_vif_read (text, &more, problem);
}
