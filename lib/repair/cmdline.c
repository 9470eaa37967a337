/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A parameter of the kernel, set where its command line comes from. */
#include "config.h"
#include "lib/repair/site.h"

#include <string.h>

#include "lib/domain/xl/file.h"
#include "lib/repair/words.h"

static char *
quote (const char *text)
{
  g_autoptr (GString) out = g_string_new ("\"");

  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"' || *c == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *c);
    }
  g_string_append_c (out, '"');
  return g_string_free (g_steal_pointer (&out), FALSE);
}

static gboolean
set_string (DomuimgRepairSite *self, const char *key, const char *old, const char *new,
            GError **error)
{
  g_autofree char *quoted = quote (new);

  return g_strcmp0 (old, new) == 0 || domuimg_repair_set_config (self, key, quoted, error);
}

/* What xl makes the command line of: cmdline=, or else root= and extra=. */
static gboolean
set_in_config (DomuimgRepairSite *self, const DomuimgParameter *parameter, GError **error)
{
  g_autoptr (DomuimgXlFile) file = domuimg_xl_file_parse (
      self->config, strlen (self->config), self->name, error);
  g_autofree char *cmdline = NULL;
  g_autofree char *root = NULL;
  g_autofree char *extra = NULL;
  g_autofree char *edited = NULL;

  if (file == NULL)
    return FALSE;
  cmdline = domuimg_xl_file_get (file, "cmdline");
  root = domuimg_xl_file_get (file, "root");
  extra = domuimg_xl_file_get (file, "extra");
  if (cmdline != NULL || (root == NULL && extra == NULL))
    {
      edited = domuimg_parameter_edit (parameter, cmdline != NULL ? cmdline : "");
      return set_string (self, "cmdline", cmdline, edited, error);
    }
  if (root != NULL && g_str_equal (parameter->key, "root"))
    {
      const char *rest = root + strcspn (root, " \t");
      g_autofree char *words = NULL;

      /* One in extra= comes later, and would count. */
      if (extra != NULL)
        {
          words = domuimg_parameter_replace (parameter, extra);
          if (!set_string (self, "extra", extra, words, error))
            return FALSE;
        }
      edited = g_strconcat (parameter->value, rest, NULL);
      return set_string (self, "root", root, edited, error);
    }
  edited = domuimg_parameter_edit (parameter, extra != NULL ? extra : "");
  return set_string (self, "extra", extra, edited, error);
}

static gboolean
edit_menu_file (DomuimgRepairSite *self, const DomuimgParameter *parameter, const char *path,
                GError **error)
{
  static const char *const grub[] = { "linux", "linux16", "linuxefi", NULL };
  static const char *const legacy[] = { "kernel", NULL };
  static const char *const bls[] = { "options", NULL };
  static const char *const extlinux[] = { "append", NULL };
  DomuimgEdit *boot = domuimg_repair_get_boot (self, error);
  g_autofree char *text = boot != NULL ? domuimg_tree_read_text (boot->tree, path, error) : NULL;
  g_autofree char *edited = NULL;

  if (text == NULL)
    return FALSE;
  if (g_str_has_suffix (path, ".conf") && strstr (path, "loader/entries/") != NULL)
    edited = domuimg_parameter_edit_lines (parameter, text, bls, 0);
  else if (self->loaded->menu->format == DOMUIMG_MENU_LEGACY)
    {
      g_autofree char *entries = domuimg_parameter_edit_lines (parameter, text, legacy, 1);

      /* What Debian's update-grub made the entries of. */
      edited = domuimg_parameter_edit_after (parameter, entries, "# kopt=");
    }
  else if (self->loaded->menu->format == DOMUIMG_MENU_EXTLINUX)
    edited = domuimg_parameter_edit_lines (parameter, text, extlinux, 0);
  else
    edited = domuimg_parameter_edit_lines (parameter, text, grub, 1);
  return domuimg_edit_write (boot, path, edited, 0644, error);
}

/* The command line of entries that only say $kernelopts. */
static gboolean
edit_grubenv (DomuimgRepairSite *self, const DomuimgParameter *parameter, GError **error)
{
  static const char *const paths[] = { "boot/grub2/grubenv", "boot/grub/grubenv", "grub2/grubenv",
                                       "grub/grubenv" };
  DomuimgEdit *boot = domuimg_repair_get_boot (self, error);

  if (boot == NULL)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *block = NULL;
      g_autofree char *edited = NULL;

      if (!domuimg_edit_read (boot, paths[i], &block, error))
        return FALSE;
      if (block == NULL || strstr (block, "\nkernelopts=") == NULL)
        continue;
      edited = domuimg_parameter_edit_grubenv (parameter, block, error);
      if (edited == NULL)
        {
          g_prefix_error (error, "%s: ", paths[i]);
          return FALSE;
        }
      if (!domuimg_edit_write (boot, paths[i], edited, 0644, error))
        return FALSE;
    }
  return TRUE;
}

/* Variables of GRUB's defaults; root= it finds out by itself. What a recovery entry does not have it
 * does not get. */
static char *
rewrite_variables (const char *text, gpointer user_data)
{
  static const char for_some[] = "GRUB_CMDLINE_LINUX_DEFAULT";
  const DomuimgParameter *parameter = user_data;
  gboolean append = !g_str_equal (parameter->key, "root")
                    && (g_str_equal (parameter->key, "console")
                        || !domuimg_parameter_is_assigned (parameter, text, for_some));
  g_autofree char *first
      = domuimg_parameter_edit_assignment (parameter, text, "GRUB_CMDLINE_LINUX", append);

  return domuimg_parameter_edit_assignment (parameter, first, for_some, FALSE);
}

/* Alpine's update-extlinux, which has the root apart from the other words. */
static char *
rewrite_update_extlinux (const char *text, gpointer user_data)
{
  const DomuimgParameter *parameter = user_data;

  if (g_str_equal (parameter->key, "root") && parameter->value != NULL)
    return domuimg_edit_set_assignment (text, "root", parameter->value);
  return domuimg_parameter_edit_assignment (parameter, text, "default_kernel_opts", TRUE);
}

static char *
rewrite_kernel_cmdline (const char *text, gpointer user_data)
{
  g_autofree char *words = g_strchomp (g_strdup (text));
  g_autofree char *edited = domuimg_parameter_edit (user_data, words);

  return g_strconcat (edited, "\n", NULL);
}

/* The guest makes its menu of these when its kernel is next upgraded. */
static gboolean
edit_sources (DomuimgRepairSite *self, DomuimgParameter *parameter, GError **error)
{
  DomuimgEdit *edit = domuimg_repair_get_root (self, error);
  g_auto (GStrv) names = NULL;

  if (edit == NULL
      || !domuimg_edit_rewrite (edit, "/etc/default/grub", rewrite_variables, parameter, error)
      || !domuimg_edit_rewrite (edit, "/etc/update-extlinux.conf", rewrite_update_extlinux,
                                parameter, error))
    return FALSE;
  names = domuimg_tree_list (edit->tree, "/etc/default/grub.d", NULL);
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename ("/etc/default/grub.d", names[i], NULL);

      if (g_str_has_suffix (path, ".cfg")
          && !domuimg_edit_rewrite (edit, path, rewrite_variables, parameter, error))
        return FALSE;
    }
  return domuimg_edit_rewrite (edit, "/etc/kernel/cmdline", rewrite_kernel_cmdline, parameter,
                               error);
}

static gboolean
set_in_menu (DomuimgRepairSite *self, const char *key, const char *value, GError **error)
{
  const DomuimgMenu *menu = self->loaded->menu;
  g_autofree char *old = domuimg_guest_boot_get_parameter (self->loaded, key);
  DomuimgParameter parameter = { key, value, old };
  DomuimgParameter any = { key, value, NULL };
  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);
  guint before = self->root.changes->len;

  for (guint i = 0; i < menu->entries->len; i++)
    {
      const DomuimgMenuEntry *entry = g_ptr_array_index (menu->entries, i);

      if (entry->source != NULL && g_hash_table_add (paths, entry->source)
          && !edit_menu_file (self, &parameter, entry->source, error))
        return FALSE;
    }
  if (!edit_grubenv (self, &parameter, error))
    return FALSE;
  if (self->root.changes->len == before)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "/%s: where %s of the kernel's command line is set was not found there",
                         menu->path, key);
  return edit_sources (self, value != NULL ? &any : &parameter, error);
}

gboolean
domuimg_repair_set_parameter (DomuimgRepairSite *self, const char *key, const char *value,
                              GError **error)
{
  const DomuimgParameter any = { key, value, NULL };

  if (self->loaded->in_guest && self->loaded->menu != NULL)
    return set_in_menu (self, key, value, error);
  if (self->config != NULL)
    return set_in_config (self, &any, error);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s: there is neither a boot menu nor a configuration to set %s in",
                       self->name, key);
}

gboolean
domuimg_repair_parameter (DomuimgRepairSite *self, const char *argument, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (argument, "\t", 2);

  return domuimg_repair_set_parameter (self, parts[0], parts[1], error);
}
