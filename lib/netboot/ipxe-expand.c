/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The variables and settings of iPXE's scripts. */
#include "config.h"
#include "lib/netboot/ipxe.h"

#include <string.h>

#define VARIABLES_MAX 256
#define EXPANSIONS_MAX 64

/* What iPXE knows of itself, as one in a guest of Xen with a BIOS. */
static const char *
constant (const char *name)
{
  static const char *const constants[][2] = {
    { "buildarch", "x86_64" }, { "platform", "pcbios" },  { "version", "1.21.1" },
    { "manufacturer", "Xen" }, { "product", "HVM domU" }, { "busid", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (constants); i++)
    if (g_str_equal (name, constants[i][0]))
      return constants[i][1];
  return NULL;
}

/* "net0/mac" and "mac" are one card's. */
static const char *
look_up (DomuimgIpxe *self, const char *name)
{
  const char *slash = strchr (name, '/');
  const char *set = g_hash_table_lookup (self->variables, name);

  if (set != NULL)
    return set;
  if (slash != NULL && g_str_has_prefix (name, "net"))
    name = slash + 1;
  if (g_str_equal (name, "filename"))
    name = "file";
  return domuimg_netboot_state_get (self->pass->state, name) ?: constant (name);
}

static char *
without_colons (const char *value, char separator)
{
  GString *result = g_string_new (NULL);

  for (const char *at = value; *at != '\0'; at++)
    if (*at != ':' || separator != '\0')
      g_string_append_c (result, *at == ':' ? separator : *at);
  return g_string_free (result, FALSE);
}

static char *
format_value (const char *value, const char *type)
{
  if (g_strcmp0 (type, "hexhyp") == 0)
    return without_colons (value, '-');
  if (g_strcmp0 (type, "hexraw") == 0)
    return without_colons (value, '\0');
  if (g_strcmp0 (type, "uristring") == 0)
    return g_uri_escape_string (value, NULL, FALSE);
  return g_strdup (value);
}

/* "name" or "name:type". */
static char *
value_of (DomuimgIpxe *self, const char *reference)
{
  const char *colon = strrchr (reference, ':');
  g_autofree char *name
      = colon != NULL ? g_strndup (reference, colon - reference) : g_strdup (reference);
  const char *value = look_up (self, name);

  return value != NULL ? format_value (value, colon != NULL ? colon + 1 : NULL) : g_strdup ("");
}

static const char *
find_last (const char *text, const char *end, const char *what)
{
  return g_strrstr_len (text, end - text, what);
}

/* The innermost first: "${${kind}-url}". */
char *
domuimg_ipxe_expand (DomuimgIpxe *self, const char *word)
{
  char *text = g_strndup (word, DOMUIMG_IPXE_VALUE_MAX);
  const char *begin, *end, *scan = text;

  for (guint i = 0; i < EXPANSIONS_MAX && (end = strchr (scan, '}')) != NULL;)
    {
      g_autofree char *reference = NULL;
      g_autofree char *value = NULL;
      char *next;

      begin = find_last (text, end, "${");
      if (begin == NULL)
        {
          scan = end + 1;
          continue;
        }
      i++;
      reference = g_strndup (begin + 2, end - begin - 2);
      value = value_of (self, reference);
      next = g_strdup_printf ("%.*s%s%s", (int) (begin - text), text, value, end + 1);
      if (strlen (next) > DOMUIMG_IPXE_VALUE_MAX)
        next[DOMUIMG_IPXE_VALUE_MAX] = '\0';
      g_free (text);
      text = next;
      scan = text;
    }
  return text;
}

gboolean
domuimg_ipxe_set (DomuimgIpxe *self, const char *name, const char *value)
{
  g_autofree char *plain = g_strndup (name, strcspn (name, ":"));

  if (value == NULL || *value == '\0')
    g_hash_table_remove (self->variables, plain);
  else if (g_hash_table_size (self->variables) < VARIABLES_MAX)
    g_hash_table_insert (self->variables, g_steal_pointer (&plain),
                         g_strndup (value, DOMUIMG_IPXE_VALUE_MAX));
  else
    return FALSE;
  return TRUE;
}
