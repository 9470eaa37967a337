/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Perl program loads, by use and require. */
#include "config.h"
#include "lib/app/modules.h"
#include "lib/app/readers.h"

#include <string.h>

#include "lib/tree/glob.h"

#define READER "perl"
#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:"
#define ENDS " \t\r\n;,()'\"/|!{}<>"

static void
take_quoted_words (const char *at, const char *end, GPtrArray *modules)
{
  while (at < end)
    {
      gsize length = strcspn (at, ENDS);

      if (at + length > end)
        return;
      if (length > 0 && g_ascii_isalpha (*at) && strspn (at, NAME) == length
          && strncmp (at, "qw", 2) != 0)
        g_ptr_array_add (modules, g_strndup (at, length));
      at += length + 1;
    }
}

/* What follows "use" or "require", up to the end of the statement. */
static void
take_statement (const char *at, GPtrArray *modules)
{
  const char *end = at + strcspn (at, ";\n");
  gsize length;

  at += strspn (at, " \t");
  if (*at == '"' || *at == '\'')
    {
      length = strcspn (at + 1, "\"'\n");
      if (length > 0 && length < 256)
        g_ptr_array_add (modules, g_strndup (at + 1, length));
      return;
    }
  length = strspn (at, NAME);
  if (length == 0 || length > 256 || !g_ascii_isalpha (*at) || strchr (" \t;\n(}", at[length]) == NULL)
    return;
  g_ptr_array_add (modules, g_strndup (at, length));
  if (strncmp (at, "parent ", 7) == 0 || strncmp (at, "base ", 5) == 0)
    take_quoted_words (at + length, end, modules);
}

static gboolean
ends_code (const char *line)
{
  return g_str_has_prefix (line, "__END__") || g_str_has_prefix (line, "__DATA__");
}

/* Statements may stand behind others in a line: each word "use" and "require" is looked at, outside of
 * comments and of documentation. */
void
domuimg_perl_parse (const char *text, GPtrArray *modules)
{
  gboolean in_pod = FALSE;

  for (const char *line = text; line != NULL && *line != '\0';)
    {
      const char *end = line + strcspn (line, "\n");

      if (*line == '=' && g_ascii_isalpha (line[1]))
        in_pod = !g_str_has_prefix (line, "=cut");
      else if (!in_pod && ends_code (line))
        return;
      for (const char *at = line; !in_pod && at < end && *at != '#'; at++)
        {
          gboolean starts = at == line || strchr (" \t;{(", at[-1]) != NULL;

          if (starts && (strncmp (at, "use ", 4) == 0 || strncmp (at, "no ", 3) == 0))
            take_statement (strchr (at, ' '), modules);
          else if (starts && strncmp (at, "require", 7) == 0 && at[7] != '\0'
                   && strchr (" \t(", at[7]) != NULL)
            take_statement (at + 8, modules);
        }
      line = *end != '\0' ? end + 1 : NULL;
    }
}

static void
begin (DomuimgClosure *self, guint interpreter)
{
  g_autofree char *path
      = g_strconcat ("/", domuimg_closure_get_file (self, interpreter)->entry->path, NULL);
  const DomuimgAppRule *rule = domuimg_app_modules_find_rule (self, READER, path);

  if (self->perl != NULL || rule == NULL)
    return;
  self->perl = domuimg_app_modules_new (rule, interpreter);
  for (guint i = 0; rule->search[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

      domuimg_tree_glob (self->tree, rule->search[i], paths, NULL);
      for (guint j = 0; j < paths->len; j++)
        domuimg_app_modules_add_directory (self->perl, g_ptr_array_index (paths, j));
    }
}

/* Its file, and what was compiled or split off for it: auto/A/B/B.so. */
static gboolean
import (DomuimgClosure *self, const char *name, guint parent, GError **error)
{
  const DomuimgAppReason reason = { parent, DOMUIMG_APP_RULE_MODULE, name };
  g_autoptr (GString) path = g_string_new (name);
  gboolean is_file = g_str_has_suffix (name, ".pl") || g_str_has_suffix (name, ".ph")
                     || g_str_has_suffix (name, ".pm");

  if (!g_hash_table_add (self->perl->done, g_strdup (name)) || *name == '/'
      || strstr (name, "..") != NULL)
    return TRUE;
  g_string_replace (path, "::", "/", 0);
  for (guint i = 0; i < self->perl->directories->len; i++)
    {
      const char *directory = g_ptr_array_index (self->perl->directories, i);
      g_autofree char *file
          = g_strconcat (directory, "/", path->str, is_file ? "" : ".pm", NULL);
      g_autofree char *automatic = g_strconcat (directory, "/auto/", path->str, "/*", NULL);

      if (!domuimg_closure_add_if_any (self, file, &reason, error)
          || (!is_file && !domuimg_closure_add_glob (self, automatic, &reason, error)))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_app_read_perl_start (DomuimgClosure *self, const DomuimgAppReason *reason, GError **error)
{
  begin (self, reason->parent);
  for (guint i = 0; self->perl->rule->modules[i] != NULL; i++)
    if (!import (self, self->perl->rule->modules[i], reason->parent, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_app_read_perl (DomuimgClosure *self, guint number, const char *text, GError **error)
{
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (g_free);
  guint interpreter = self->perl == NULL ? domuimg_app_modules_find_interpreter (self, READER) : 0;

  if (interpreter != 0)
    begin (self, interpreter);
  if (self->perl == NULL)
    return TRUE;
  domuimg_perl_parse (text, modules);
  for (guint i = 0; i < modules->len; i++)
    if (!import (self, g_ptr_array_index (modules, i), number, error))
      return FALSE;
  return TRUE;
}
