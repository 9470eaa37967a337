/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What glibc's name service, its locales and its time zone lead to. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

#define NSSWITCH "/etc/nsswitch.conf"
#define MODULE "libnss_%s.so.2"
#define LOCALES "/usr/lib/locale"
#define ZONES "/usr/share/zoneinfo"

static void
add_module (GPtrArray *modules, const char *name)
{
  if (*name != '\0' && !g_ptr_array_find_with_equal_func (modules, name, g_str_equal, NULL))
    g_ptr_array_add (modules, g_strdup (name));
}

GPtrArray *
domuimg_nsswitch_parse (const char *text)
{
  GPtrArray *modules = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = NULL;
      char *colon;

      lines[i][strcspn (lines[i], "#")] = '\0';
      colon = strchr (lines[i], ':');
      words = colon != NULL ? g_strsplit_set (colon + 1, " \t\r", -1) : NULL;
      /* "[NOTFOUND=return]" says what to do, and names nothing. */
      for (guint j = 0; words != NULL && words[j] != NULL; j++)
        if (strpbrk (words[j], "[]=/") == NULL)
          add_module (modules, words[j]);
    }
  return modules;
}

gboolean
domuimg_app_read_nss (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GPtrArray) modules = NULL;

  if (!domuimg_tree_exists (self->tree, NSSWITCH))
    return TRUE;
  text = domuimg_tree_read_text (self->tree, NSSWITCH, error);
  if (text == NULL)
    return FALSE;
  modules = domuimg_nsswitch_parse (text);
  for (guint i = 0; i < modules->len; i++)
    {
      g_autofree char *library = g_strdup_printf (MODULE, (char *) g_ptr_array_index (modules, i));
      const DomuimgAppReason why = { reason->parent, reason->rule, library };

      if (!domuimg_closure_add_library (self, library, &why, error))
        return FALSE;
    }
  return TRUE;
}

/* (nullable) */
static const char *
get_env (DomuimgClosure *self, const char *name)
{
  gsize length = strlen (name);

  for (guint i = 0; i < self->env->len; i++)
    {
      const char *assignment = g_ptr_array_index (self->env, i);

      if (strncmp (assignment, name, length) == 0 && assignment[length] == '=')
        return assignment + length + 1;
    }
  return NULL;
}

/* "de_DE.UTF-8" may be a directory by that name or by "de_DE.utf8", or in the archive. */
static gboolean
add_locale (DomuimgClosure *self, const char *value, const DomuimgAppReason *reason,
            GError **error)
{
  g_autofree char *language = g_strndup (value, strcspn (value, ".@"));
  g_autofree char *pattern = g_strconcat (LOCALES "/", language, "*/**", NULL);

  if (strchr (value, '/') != NULL || *value == '\0' || g_str_equal (language, "C")
      || g_str_equal (language, "POSIX"))
    return TRUE;
  return domuimg_closure_add_glob (self, pattern, reason, error)
         && domuimg_closure_add_if_any (self, LOCALES "/locale-archive", reason, error);
}

gboolean
domuimg_app_read_locale (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error)
{
  static const char *const names[] = { "LANG", "LC_ALL", "LC_CTYPE", "LC_COLLATE" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = get_env (self, names[i]);

      if (value != NULL && !add_locale (self, value, reason, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_app_read_timezone (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error)
{
  const char *value = get_env (self, "TZ");
  g_autofree char *path = NULL;

  if (value != NULL && *value == ':')
    value++;
  if (value == NULL || *value == '\0' || strstr (value, "..") != NULL)
    return TRUE;
  path = *value == '/' ? g_strdup (value) : g_strconcat (ZONES "/", value, NULL);
  return domuimg_closure_add_if_any (self, path, reason, error);
}
