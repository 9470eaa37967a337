/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/boot/grub-linux.h"

#include <string.h>

/* Makes a command line of words as grub-core/lib/cmdline.c does: a word with a blank is quoted. */
static char *
join (char **words)
{
  GString *line = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *quote = strchr (words[i], ' ') != NULL ? "\"" : "";

      g_string_append_printf (line, "%s%s", i > 0 ? " " : "", quote);
      for (const char *at = words[i]; *at != '\0'; at++)
        {
          if (strchr ("\\'\"", *at) != NULL)
            g_string_append_c (line, '\\');
          g_string_append_c (line, *at);
        }
      g_string_append (line, quote);
    }
  return g_string_free (line, FALSE);
}

void
domuimg_grub_linux (DomuimgMenuEntry *entry, char **words, const char *root)
{
  g_autofree char *device = NULL;

  if (words[1] == NULL)
    return;
  g_clear_pointer (&entry->kernel, g_free);
  g_clear_pointer (&entry->root_hint, g_free);
  g_free (entry->cmdline);
  domuimg_menu_split_device (words[1], &device, &entry->kernel);
  entry->root_hint = g_strdup (device != NULL ? device : root);
  /* "(UUID=…)", where a path began with ($root). */
  if (device != NULL && strchr (device, '=') != NULL)
    {
      g_free (entry->root_hint);
      entry->root_hint = g_strndup (device + 1, strlen (device) - 2);
    }
  entry->cmdline = join (words + 2);
}

void
domuimg_grub_initrd (DomuimgMenuEntry *entry, char **words, const char *root)
{
  g_ptr_array_set_size (entry->initrds, 0);
  for (guint i = 1; words[i] != NULL; i++)
    {
      g_autofree char *device = NULL;
      char *file;

      domuimg_menu_split_device (words[i], &device, &file);
      g_ptr_array_add (entry->initrds, domuimg_menu_name_on (device != NULL ? device : root, file));
    }
}
