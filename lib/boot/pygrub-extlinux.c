/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/pygrub-line.h"

#include <string.h>

/* tools/pygrub/src/ExtLinuxConf.py: of an entry it knows LABEL, KERNEL and APPEND only, neither
 * LINUX nor INITRD, and looks for initrd= in an APPEND that comes after KERNEL. Paths begin at the
 * root of the filesystem. */

/* A value in double quotes loses them. */
static char *
unquote (const char *value)
{
  gsize length = strlen (value);

  if (length > 2 && value[0] == '"' && value[length - 1] == '"')
    return g_strndup (value + 1, length - 2);
  return g_strdup (value);
}

/* Xen's own modules: XEN --- KERNEL --- INITRD, or the last two. */
static void
take_modules (DomuimgMenuEntry *entry, const char *value)
{
  g_auto (GStrv) modules = g_strsplit (value, "---", 4);
  guint n = g_strv_length (modules);

  if (n == 2 || n == 3)
    {
      domuimg_pygrub_set_kernel (entry, g_strstrip (modules[n - 2]));
      domuimg_pygrub_set_initrd (entry, g_strstrip (modules[n - 1]));
    }
}

/* What is left of APPEND without the words that begin with initrd=. */
static char *
take_initrds (DomuimgMenuEntry *entry, const char *value)
{
  g_auto (GStrv) words = g_strsplit_set (value, " ", -1);
  g_autoptr (GString) rest = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (g_ascii_strncasecmp (words[i], "initrd=", strlen ("initrd=")) == 0)
        {
          domuimg_pygrub_set_initrd (entry, words[i] + strlen ("initrd="));
          *words[i] = '\0';
        }
      g_string_append_printf (rest, "%s%s", i > 0 ? " " : "", words[i]);
    }
  return g_strstrip (g_strdup (rest->str));
}

static void
take_entry_line (DomuimgMenuEntry *entry, const char *line)
{
  g_autofree char *word = NULL;
  g_autofree char *value = NULL;
  g_autofree char *plain = NULL;
  gboolean is_append;

  domuimg_pygrub_split (line, &word, &value);
  plain = unquote (value);
  is_append = g_ascii_strcasecmp (word, "append") == 0;
  if (g_ascii_strcasecmp (word, "label") == 0)
    {
      g_free (entry->title);
      entry->title = g_steal_pointer (&plain);
    }
  else if (g_ascii_strcasecmp (word, "kernel") == 0)
    domuimg_pygrub_set_kernel (entry, plain);
  else if (is_append && entry->kernel != NULL && g_str_has_suffix (entry->kernel, "mboot.c32"))
    take_modules (entry, value);
  else if (is_append)
    {
      g_free (entry->cmdline);
      entry->cmdline = entry->kernel != NULL && strstr (value, "initrd=") != NULL
                           ? take_initrds (entry, value)
                           : g_steal_pointer (&plain);
    }
}

static void
replace (char **to, const char *value)
{
  g_free (*to);
  *to = g_strdup (value);
}

static void
take_line (DomuimgMenu *self, const char *line, char **timeout)
{
  g_autofree char *word = NULL;
  g_autofree char *value = NULL;

  domuimg_pygrub_split (line, &word, &value);
  if (g_ascii_strcasecmp (word, "default") == 0)
    replace (&self->wanted, value);
  else if (g_ascii_strcasecmp (word, "timeout") == 0)
    replace (timeout, value);
}

void
domuimg_pygrub_parse_extlinux (DomuimgMenu *self, char **lines, char **timeout)
{
  g_autoptr (DomuimgMenuEntry) entry = NULL;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = lines[i];

      if (*line == '\0' || *line == '#')
        continue;
      if (g_ascii_strncasecmp (line, "label", strlen ("label")) == 0)
        {
          if (entry != NULL)
            domuimg_menu_add_entry (self, g_steal_pointer (&entry));
          entry = domuimg_menu_entry_new ();
          entry->title = g_strdup ("");
          entry->line = i + 1;
        }
      if (entry != NULL)
        take_entry_line (entry, line);
      else
        take_line (self, line, timeout);
    }
  if (entry != NULL)
    domuimg_menu_add_entry (self, g_steal_pointer (&entry));
}
