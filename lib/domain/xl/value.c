/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/domain/model/domain.h"

#include <string.h>

/* The values of xl.cfg as libxlutil's lexer reads them: numbers, strings in either quote
 * with backslash escapes, and lists. Tests hold this against libxlutil itself. */

#define MAX_NESTING 16

char *
domuimg_xl_quote (const char *key, const char *value, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  /* The other quote spares a person the reading of backslashes, and is what readers that
   * know no escapes (libvirt's, for one) need. */
  char quote = strchr (value, '"') != NULL && strchr (value, '\'') == NULL ? '\'' : '"';

  if (!g_utf8_validate (value, -1, NULL))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: the value is not UTF-8", key);
      return NULL;
    }
  g_string_append_c (out, quote);
  for (const char *at = value; *at != '\0'; at++)
    {
      if (g_ascii_iscntrl (*at))
        {
          domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                        "%s: the value holds a control character (0x%02x), such as a line end; "
                        "take it out",
                        key, (guint)(guchar)*at);
          return NULL;
        }
      if (*at == quote || *at == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *at);
    }
  g_string_append_c (out, quote);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/* Skips a quoted string; NULL if it does not end, or has an escape that libxlutil refuses or,
 * as with \x41, reads and then loses. */
static const char *
skip_string (const char *at)
{
  char quote = *at++;

  for (; *at != quote; at++)
    {
      if (*at == '\0' || g_ascii_iscntrl (*at))
        return NULL;
      if (*at == '\\' && (*++at == '\0' || strchr ("\"'\\abfnrtv", *at) == NULL))
        return NULL;
    }
  return at + 1;
}

static const char *
skip_blanks (const char *at)
{
  return at + strspn (at, " \t");
}

static const char *skip_value (const char *at, guint depth);

static const char *
skip_list (const char *at, guint depth)
{
  if (depth > MAX_NESTING)
    return NULL;
  for (at = skip_blanks (at + 1); *at != ']'; at = skip_blanks (at))
    {
      at = skip_value (at, depth);
      if (at == NULL)
        return NULL;
      at = skip_blanks (at);
      if (*at == ',')
        at++;
      else if (*at != ']')
        return NULL;
    }
  return at + 1;
}

static const char *
skip_value (const char *at, guint depth)
{
  if (*at == '"' || *at == '\'')
    return skip_string (at);
  if (*at == '[')
    return skip_list (at, depth + 1);
  if (!g_ascii_isdigit (*at))
    return NULL;
  return at + strspn (at, G_CSET_DIGITS "abcdefx");
}

gboolean
domuimg_xl_is_value (const char *value)
{
  const char *end = skip_value (skip_blanks (value), 0);

  return end != NULL && *skip_blanks (end) == '\0';
}

gboolean
domuimg_xl_is_modelled_key (const char *key)
{
  static const char *const keys[] = {
    "name",        "uuid",      "type",       "builder",     "memory",   "maxmem",
    "vcpus",       "maxvcpus",  "kernel",     "ramdisk",     "cmdline",  "root",
    "extra",       "bootloader", "bootloader_args", "firmware", "bios",  "disk",
    "vif",         "serial",    "vfb",        "vnc",         "vnclisten", "vncdisplay",
    "vncunused",   "vncpasswd", "spicepasswd", "sdl",       "spice",      "spicehost",   "spiceport",
    "spicedisable_ticketing",   "on_poweroff", "on_reboot",  "on_crash", NULL,
  };

  return g_strv_contains (keys, key);
}
