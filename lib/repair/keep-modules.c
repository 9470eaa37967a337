/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modules that a repair gave an initramfs, for the next one that the guest makes. */
#include "config.h"
#include "lib/repair/initramfs.h"

#include <string.h>

static gboolean
has_line (const char *text, const char *line)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  return g_strv_contains ((const char *const *) lines, line);
}

/* Each module in a line of its own, in a file that may not exist yet. */
static gboolean
add_lines (DomuimgEdit *self, const char *path, const char *before, const char *const *modules,
           const char *after, GError **error)
{
  g_autofree char *old = NULL;
  g_autoptr (GString) text = NULL;

  if (!domuimg_edit_read (self, path, &old, error))
    return FALSE;
  text = g_string_new (old);
  if (text->len > 0 && text->str[text->len - 1] != '\n')
    g_string_append_c (text, '\n');
  for (guint i = 0; modules[i] != NULL; i++)
    {
      g_autofree char *line = g_strconcat (before, modules[i], after, NULL);

      if (!has_line (text->str, line))
        g_string_append_printf (text, "%s\n", line);
    }
  return domuimg_edit_write (self, path, text->str, 0644, error);
}

/* MODULES=(a b) of mkinitcpio.conf(5), in one line as it comes. */
static gboolean
keep_for_mkinitcpio (DomuimgEdit *self, const char *const *modules, GError **error)
{
  static const char path[] = "/etc/mkinitcpio.conf";
  g_autofree char *old = domuimg_tree_read_text (self->tree, path, error);
  g_autofree char *list = g_strjoinv (" ", (char **) modules);
  g_autofree char *added = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GRegex) regex = NULL;

  if (old == NULL)
    return FALSE;
  regex = g_regex_new ("^MODULES=\\(([^)\\n]*)\\)", G_REGEX_MULTILINE, 0, NULL);
  added = g_strdup_printf ("MODULES=(\\1 %s)", list);
  if (strstr (old, list) != NULL)
    return TRUE;
  text = g_regex_replace (regex, old, -1, 0, added, 0, NULL);
  return text == NULL || domuimg_edit_write (self, path, text, 0644, error);
}

gboolean
domuimg_repair_keep_modules (DomuimgEdit *self, const char *const *modules, GError **error)
{
  DomuimgTree *tree = self->tree;

  if (domuimg_tree_is_dir (tree, "/etc/initramfs-tools"))
    return add_lines (self, "/etc/initramfs-tools/modules", "", modules, "", error);
  if (domuimg_tree_is_dir (tree, "/etc/dracut.conf.d")
      || domuimg_tree_exists (tree, "/usr/bin/dracut"))
    return add_lines (self, "/etc/dracut.conf.d/domuimg-xen.conf", "add_drivers+=\" ", modules,
                      " \"", error);
  return !domuimg_tree_exists (tree, "/etc/mkinitcpio.conf")
         || keep_for_mkinitcpio (self, modules, error);
}
