/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* loader.conf of systemd-boot: loader.conf(5). */

/* "*" and "?" only, in time that is no more than the product of the lengths. */
static gboolean
matches (const char *pattern, const char *text)
{
  const char *star = NULL, *retry = NULL;

  while (*text != '\0')
    {
      if (*pattern == '*')
        {
          star = pattern++;
          retry = text;
        }
      else if (*pattern == '?' || *pattern == *text)
        pattern++, text++;
      else if (star == NULL)
        return FALSE;
      else
        {
          pattern = star + 1;
          text = ++retry;
        }
    }
  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}

static int
find_default (DomuimgMenu *self, const char *pattern)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      const DomuimgMenuEntry *entry = g_ptr_array_index (self->entries, i);
      g_autofree char *file = g_strconcat (entry->id, ".conf", NULL);

      if (matches (pattern, file) || matches (pattern, entry->id))
        return i;
    }
  return -1;
}

static void
take_line (DomuimgMenu *self, char *line)
{
  gsize length = strcspn (line, " \t");
  const char *value = line + length + strspn (line + length, " \t");
  g_autofree char *key = g_strndup (line, length);

  if (g_str_equal (key, "timeout"))
    {
      self->waits = g_str_equal (value, "menu-force");
      self->timeout = g_ascii_strtoull (value, NULL, 10);
    }
  /* "@saved" is in the firmware's variables. */
  else if (g_str_equal (key, "default") && *value != '@' && *value != '\0')
    {
      g_free (self->wanted);
      self->wanted = g_strdup (value);
    }
}

void
domuimg_loader_conf_parse (DomuimgMenu *self, const char *directory, const DomuimgMenuFiles *files)
{
  g_autofree char *path = g_build_filename (directory, "loader.conf", NULL);
  g_autofree char *text = domuimg_menu_read_file (files, path);
  g_auto (GStrv) lines = g_strsplit_set (text != NULL ? text : "", "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    take_line (self, g_strstrip (lines[i]));
  self->default_entry = self->entries->len > 0 ? 0 : -1;
  if (self->wanted != NULL)
    self->default_entry = find_default (self, self->wanted);
}
