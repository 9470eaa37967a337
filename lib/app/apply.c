/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applies the rules of lib/app/rules to the files of a closure. */
#include "config.h"
#include "lib/app/readers.h"

#include <string.h>

/* Stands among the functions of a rule for a program that takes none from others. */
#define STATIC "(static)"

static const struct {
  const char *name;
  DomuimgAppReader read;
} readers[] = {
  { "nss", domuimg_app_read_nss },
  { "pam", domuimg_app_read_pam },
  { "timezone", domuimg_app_read_timezone },
  { "locale", domuimg_app_read_locale },
  { "python", domuimg_app_read_python_start },
  { "perl", domuimg_app_read_perl_start },
};

static const char *
get_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

/* The rules that a function which the file takes from others leads to, with that function. A program
 * that takes none has them all in it, as those of Go. */
static GHashTable *
match_symbols (DomuimgClosure *self, const DomuimgAppFile *file)
{
  g_autoptr (GHashTable) matched = g_hash_table_new (NULL, NULL);
  const GPtrArray *imports = file->object != NULL ? file->object->needs->imports : NULL;
  gboolean is_static = imports != NULL && file->object->needs->interpreter == NULL
                       && domuimg_closure_is_program (self, file);

  for (guint i = 0; imports != NULL && i < imports->len + (is_static ? 1 : 0); i++)
    {
      const char *symbol = i < imports->len ? g_ptr_array_index (imports, i) : STATIC;
      const GPtrArray *rules = domuimg_app_rules_for_symbol (self->rules, symbol);

      for (guint j = 0; rules != NULL && j < rules->len; j++)
        g_hash_table_insert (matched, g_ptr_array_index (rules, j), (gpointer) symbol);
    }
  return g_steal_pointer (&matched);
}

static gboolean
applies (DomuimgClosure *self, const DomuimgAppRule *rule, const DomuimgAppFile *file)
{
  g_autofree char *path = g_strconcat ("/", file->entry->path, NULL);

  if (domuimg_app_rules_match (rule->file, path))
    return TRUE;
  if (domuimg_closure_is_program (self, file) && domuimg_app_rules_match (rule->program, path))
    return TRUE;
  return file->object != NULL && domuimg_app_rules_match (rule->library, get_name (path));
}

static guint32
find_id (DomuimgClosure *self, const char *database, const char *name)
{
  g_autofree char *text = domuimg_tree_read_text (self->tree, database, NULL);
  g_autofree char *start = g_strconcat (name, ":", NULL);
  g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
  guint64 id;

  if (g_ascii_string_to_unsigned (name, 10, 0, G_MAXUINT32, &id, NULL))
    return (guint32) id;
  for (guint i = 0; lines != NULL && lines[i] != NULL; i++)
    {
      g_auto (GStrv) fields
          = g_str_has_prefix (lines[i], start) ? g_strsplit (lines[i], ":", -1) : NULL;

      if (fields != NULL && g_strv_length (fields) > 2
          && g_ascii_string_to_unsigned (fields[2], 10, 0, G_MAXUINT32, &id, NULL))
        return (guint32) id;
    }
  return 0;
}

/* "PATH MODE OWNER GROUP" */
static gboolean
make_directory (DomuimgClosure *self, const char *text, const DomuimgAppReason *reason,
                GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autofree char *path = NULL;
  DomuimgEntry *entry;
  guint64 mode;

  if (g_strv_length (words) != 4
      || !g_ascii_string_to_unsigned (words[1], 8, 0, 07777, &mode, NULL))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "the rule [%s]: “%s” is not a PATH, MODE, OWNER and GROUP", reason->rule,
                         text);
  path = domuimg_tree_resolve (self->tree, words[0], NULL);
  if (path == NULL)
    path = domuimg_path_normalise (words[0], error);
  if (path == NULL || g_hash_table_contains (self->by_path, path))
    return path != NULL;
  entry = domuimg_entry_new (path, DOMUIMG_ENTRY_DIRECTORY, (guint32) mode);
  entry->mtime = domuimg_tree_get_time (self->tree);
  entry->uid = find_id (self, "/etc/passwd", words[2]);
  entry->gid = find_id (self, "/etc/group", words[3]);
  domuimg_closure_add_made (self, entry, NULL, reason);
  return TRUE;
}

static gboolean
add_paths (DomuimgClosure *self, const DomuimgAppRule *rule, const DomuimgAppReason *reason,
           GError **error)
{
  const DomuimgAppFile *file = domuimg_closure_get_file (self, reason->parent);
  g_autofree char *full = g_strconcat ("/", file->entry->path, NULL);
  g_autofree char *directory = g_path_get_dirname (full);

  for (guint i = 0; rule->paths[i] != NULL; i++)
    {
      g_autoptr (GString) path = g_string_new (rule->paths[i]);

      g_string_replace (path, "${dir}", directory, 0);
      if (!domuimg_closure_add_glob (self, path->str, reason, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
run_reader (DomuimgClosure *self, const DomuimgAppRule *rule, const DomuimgAppReason *reason,
            GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (readers); i++)
    if (g_strcmp0 (readers[i].name, rule->reader) == 0)
      return readers[i].read (self, reason, error);
  return rule->reader == NULL
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "the rule [%s] has the reader “%s”, which does not exist", rule->name,
                          rule->reader);
}

/* The first program is the application. */
static void
take_defaults (DomuimgClosure *self, const DomuimgAppRule *rule, guint number)
{
  DomuimgAppDefaults *defaults = &self->defaults;
  const DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  g_autofree char *path = g_strconcat ("/", file->entry->path, NULL);

  if (number != self->main || self->has_defaults
      || !domuimg_app_rules_match (rule->program, path)
      || (rule->argv[0] == NULL && rule->user == NULL))
    return;
  self->has_defaults = TRUE;
  defaults->argv = rule->argv[0] != NULL ? g_strdupv (rule->argv) : NULL;
  defaults->user = g_strdup (rule->user);
  defaults->env = g_strdupv (rule->env);
  defaults->ports = g_strdupv (rule->ports);
}

static gboolean
apply (DomuimgClosure *self, const DomuimgAppRule *rule, const DomuimgAppReason *reason,
       GError **error)
{
  for (guint i = 0; rule->users[i] != NULL; i++)
    g_ptr_array_add (self->rule_users, g_strdup (rule->users[i]));
  take_defaults (self, rule, reason->parent);
  if (!add_paths (self, rule, reason, error))
    return FALSE;
  for (guint i = 0; rule->libraries[i] != NULL; i++)
    if (!domuimg_closure_add_library (self, rule->libraries[i], reason, error))
      return FALSE;
  for (guint i = 0; rule->directories[i] != NULL; i++)
    if (!make_directory (self, rule->directories[i], reason, error))
      return FALSE;
  return run_reader (self, rule, reason, error);
}

/* A rule of functions says the same for each file that has them: the first is enough. */
static gboolean
is_done (DomuimgClosure *self, const DomuimgAppRule *rule)
{
  g_autofree char *what = g_strconcat ("rule ", rule->name, NULL);

  return !domuimg_closure_once (self, what);
}

gboolean
domuimg_closure_follow_rules (DomuimgClosure *self, guint number, GError **error)
{
  const GPtrArray *rules = domuimg_app_rules_get (self->rules);
  g_autoptr (GHashTable) matched
      = match_symbols (self, domuimg_closure_get_file (self, number));

  for (guint i = 0; i < rules->len; i++)
    {
      const DomuimgAppRule *rule = g_ptr_array_index (rules, i);
      const char *symbol = g_hash_table_lookup (matched, rule);
      gboolean applied = applies (self, rule, domuimg_closure_get_file (self, number));

      if (!applied && (symbol == NULL || is_done (self, rule)))
        continue;
      const DomuimgAppReason reason = { number, rule->name, applied ? NULL : symbol };
      if (!apply (self, rule, &reason, error))
        return FALSE;
    }
  return TRUE;
}
