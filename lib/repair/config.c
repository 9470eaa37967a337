/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Repairs of the configuration. */
#include "config.h"
#include "lib/repair/site.h"

#include <string.h>

#include "lib/domain/xl/file.h"

gboolean
domuimg_repair_config (DomuimgRepairSite *self, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "\t", 2);

  return domuimg_repair_set_config (self, parts[0], parts[1], error);
}

gboolean
domuimg_repair_rename (DomuimgRepairSite *self, const char *argument, GError **error)
{
  g_auto (GStrv) names = g_strsplit (argument, "\t", 2);
  g_autoptr (DomuimgXlFile) file = NULL;
  char *renamed;

  if (self->config == NULL)
    return TRUE;
  file = domuimg_xl_file_parse (self->config, strlen (self->config), self->name, error);
  if (file == NULL)
    return FALSE;
  renamed = domuimg_xl_file_rename (file, names[0], names[1]);
  g_free (self->config);
  self->config = renamed;
  domuimg_edit_note (&self->root, "renamed %s to %s in %s", names[0], names[1], self->name);
  return TRUE;
}

/* One disk as xl-disk-configuration(5) has it, in its parts; "target=" takes all that follows. */
static GPtrArray *
split_disk (const char *spec)
{
  GPtrArray *parts = g_ptr_array_new_with_free_func (g_free);
  const char *at = spec;

  for (;;)
    {
      gsize length;

      at += strspn (at, " \t");
      length = g_str_has_prefix (at, "target=") ? strlen (at) : strcspn (at, ",");
      g_ptr_array_add (parts, g_strchomp (g_strndup (at, length)));
      at += length;
      if (*at == '\0')
        return parts;
      at++;
    }
}

static char *
join_disk (GPtrArray *parts)
{
  g_autoptr (GString) spec = g_string_new (NULL);

  for (guint i = 0; i < parts->len; i++)
    g_string_append_printf (spec, "%s%s", i > 0 ? "," : "", (char *) parts->pdata[i]);
  return g_string_free (g_steal_pointer (&spec), FALSE);
}

static void
replace_part (GPtrArray *parts, guint index, char *text)
{
  g_free (parts->pdata[index]);
  parts->pdata[index] = text;
}

/* The deprecated "tap:aio:/path", which stands for a format, too. The prefix's length. */
static gsize
prefix_length (const char *target)
{
  static const char *const prefixes[] = { "tap:", "tap2:", "tapdisk:", "aio:", "ioemu:", "file:",
                                          "phy:", "raw:", "qcow:", "qcow2:", "vhd:", "qed:" };
  gsize length = 0;

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (target + length, prefixes[i]))
      {
        length += strlen (prefixes[i]);
        i = -1;
      }
  return length;
}

/* Whether "NAME=..." of an option, and not of a target that has a "=" in its path. */
static gboolean
is_named (const char *part)
{
  gsize length = strspn (part, G_CSET_a_2_z "-");

  return length > 0 && part[length] == '=';
}

static char *
set_format (const char *spec, const char *format)
{
  g_autoptr (GPtrArray) parts = split_disk (spec);
  guint position = 0;
  gsize prefix;

  for (guint i = 0; i < parts->len; i++)
    if (g_str_has_prefix (parts->pdata[i], "format="))
      {
        replace_part (parts, i, g_strconcat ("format=", format, NULL));
        return join_disk (parts);
      }
  prefix = prefix_length (parts->pdata[0]);
  if (prefix > 0)
    {
      replace_part (parts, 0, g_strdup ((char *) parts->pdata[0] + prefix));
      g_ptr_array_insert (parts, 1, g_strdup (format));
      return join_disk (parts);
    }
  for (guint i = 0; i < parts->len; i++)
    if (!is_named (parts->pdata[i]) && position++ == 1)
      {
        replace_part (parts, i, g_strdup (format));
        return join_disk (parts);
      }
  g_ptr_array_insert (parts, 0, g_strconcat ("format=", format, NULL));
  return join_disk (parts);
}

static gboolean
is_disk (const char *spec, const char *vdev)
{
  g_autoptr (GPtrArray) parts = split_disk (spec);

  for (guint i = 0; i < parts->len; i++)
    {
      const char *part = parts->pdata[i];
      const char *name = g_str_has_prefix (part, "vdev=") ? part + strlen ("vdev=") : part;
      g_autofree char *plain = g_strndup (name, strcspn (name, ":"));

      if (i > 0 && g_str_equal (plain, vdev))
        return TRUE;
      if (i == 0 && name != part && g_str_equal (plain, vdev))
        return TRUE;
    }
  return FALSE;
}

static void
append_quoted (GString *list, const char *text)
{
  g_string_append_c (list, '"');
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_c (list, '\\');
      g_string_append_c (list, *c);
    }
  g_string_append_c (list, '"');
}

gboolean
domuimg_repair_disk_format (DomuimgRepairSite *self, const char *argument, GError **error)
{
  g_auto (GStrv) words = g_strsplit (argument, "\t", 2);
  g_autoptr (GString) list = g_string_new ("[");
  g_autoptr (DomuimgXlFile) file = NULL;
  g_autoptr (GPtrArray) disks = NULL;
  gboolean found = FALSE;

  if (self->config != NULL)
    file = domuimg_xl_file_parse (self->config, strlen (self->config), self->name, error);
  if (file == NULL)
    return self->config == NULL;
  disks = domuimg_xl_file_get_list (file, "disk");
  for (guint i = 0; i < disks->len; i++)
    {
      gboolean is = is_disk (disks->pdata[i], words[0]);
      g_autofree char *spec = is ? set_format (disks->pdata[i], words[1])
                                 : g_strdup (disks->pdata[i]);

      found |= is;
      g_string_append (list, i > 0 ? ", " : " ");
      append_quoted (list, spec);
    }
  g_string_append (list, " ]");
  if (!found)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: there is no disk %s",
                         self->name, words[0]);
  return domuimg_repair_set_config (self, "disk", list->str, error);
}
