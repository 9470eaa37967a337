/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/menu.h"

#include <string.h>

/* menu.lst and grub.conf of GRUB legacy, by its manual. */

static void
take_kernel (DomuimgMenuEntry *entry, const char *value)
{
  g_autofree char *device = NULL;
  g_autofree char *path = NULL;
  gsize length;

  /* --type=netbsd and its kin. */
  while (g_str_has_prefix (value, "--"))
    {
      value += strcspn (value, " \t");
      value += strspn (value, " \t");
    }
  length = strcspn (value, " \t");
  path = g_strndup (value, length);
  g_free (entry->kernel);
  domuimg_menu_split_device (path, &device, &entry->kernel);
  if (device != NULL)
    {
      g_free (entry->root_hint);
      entry->root_hint = g_steal_pointer (&device);
    }
  g_free (entry->cmdline);
  entry->cmdline = g_strdup (value + length + strspn (value + length, " \t"));
}

static void
take_initrds (DomuimgMenuEntry *entry, const char *value)
{
  g_auto (GStrv) words = g_strsplit_set (value, " \t", DOMUIMG_MENU_ENTRIES);

  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *device = NULL;
      char *file;

      if (*words[i] == '\0')
        continue;
      domuimg_menu_split_device (words[i], &device, &file);
      g_ptr_array_add (entry->initrds,
                       domuimg_menu_name_on (device != NULL ? device : entry->root_hint, file));
    }
}

static void
take_entry_line (DomuimgMenuEntry *entry, const char *key, const char *value)
{
  if (g_str_equal (key, "kernel"))
    take_kernel (entry, value);
  else if (g_str_equal (key, "initrd"))
    {
      g_ptr_array_set_size (entry->initrds, 0);
      take_initrds (entry, value);
    }
  /* What modules are loaded for is a hypervisor, and no Linux. */
  else if (g_str_equal (key, "module"))
    g_clear_pointer (&entry->kernel, g_free);
  else if (g_str_equal (key, "root") || g_str_equal (key, "rootnoverify")
           || g_str_equal (key, "uuid"))
    {
      g_free (entry->root_hint);
      entry->root_hint
          = g_str_equal (key, "uuid") ? g_strconcat ("UUID=", value, NULL) : g_strdup (value);
    }
}

static void
take_menu_line (DomuimgMenu *self, const char *key, const char *value)
{
  if (g_str_equal (key, "default"))
    {
      g_free (self->wanted);
      self->wanted = g_strdup (value);
    }
  else if (g_str_equal (key, "fallback"))
    {
      g_free (self->fallback);
      self->fallback = g_strdup (value);
    }
  else if (g_str_equal (key, "timeout"))
    {
      gint64 seconds = g_ascii_strtoll (value, NULL, 10);

      self->waits = seconds < 0;
      self->timeout = CLAMP (seconds, 0, G_MAXINT);
    }
}

/* `default saved` starts with the number in a file that GRUB keeps beside the menu. */
static char *
read_saved (DomuimgMenu *self, const DomuimgMenuFiles *files)
{
  g_autofree char *directory = g_path_get_dirname (self->path);
  g_autofree char *path = g_strconcat ("/", directory, "/default", NULL);
  g_autofree char *text = domuimg_menu_read_file (files, path);

  return g_strndup (text != NULL ? text : "0",
                    text != NULL ? MAX (strspn (text, G_CSET_DIGITS), 1) : 1);
}

void
domuimg_menulst_parse (DomuimgMenu *self, const char *text, const DomuimgMenuFiles *files)
{
  g_auto (GStrv) lines = g_strsplit_set (text, "\n", -1);
  DomuimgMenuEntry *entry = NULL;

  self->waits = TRUE;
  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *line = g_strstrip (lines[i]);
      gsize length = strcspn (line, " \t=");
      g_autofree char *key = g_strndup (line, length);
      const char *value = line + length + strspn (line + length, " \t=");

      if (*line == '\0' || *line == '#')
        continue;
      if (g_str_equal (key, "title"))
        {
          if (entry != NULL)
            domuimg_menu_add_entry (self, entry);
          entry = domuimg_menu_entry_new ();
          entry->title = g_strdup (value);
          entry->line = i + 1;
        }
      else if (entry != NULL)
        take_entry_line (entry, key, value);
      else
        take_menu_line (self, key, value);
    }
  if (entry != NULL)
    domuimg_menu_add_entry (self, entry);
  if (g_strcmp0 (self->wanted, "saved") == 0)
    {
      g_autofree char *saved = read_saved (self, files);

      self->default_entry = domuimg_menu_find_entry (self, saved);
    }
  else
    self->default_entry = domuimg_menu_find_entry (self, self->wanted != NULL ? self->wanted : "0");
}
