/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Directories in which an interpreter looks for modules. */
#include "config.h"
#include "lib/app/modules.h"

DomuimgAppModules *
domuimg_app_modules_new (const DomuimgAppRule *rule, guint interpreter)
{
  DomuimgAppModules *self = g_new0 (DomuimgAppModules, 1);

  self->rule = rule;
  self->interpreter = interpreter;
  self->directories = g_ptr_array_new_with_free_func (g_free);
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                       (GDestroyNotify) g_hash_table_unref);
  self->done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
domuimg_app_modules_free (DomuimgAppModules *self)
{
  g_free (self->version);
  g_ptr_array_unref (self->directories);
  g_hash_table_unref (self->names);
  g_hash_table_unref (self->done);
  g_free (self);
}

void
domuimg_app_modules_add_directory (DomuimgAppModules *self, const char *directory)
{
  if (!g_ptr_array_find_with_equal_func (self->directories, directory, g_str_equal, NULL))
    g_ptr_array_add (self->directories, g_strdup (directory));
}

GHashTable *
domuimg_app_modules_list (DomuimgAppModules *self, DomuimgTree *tree, const char *directory)
{
  GHashTable *set = g_hash_table_lookup (self->names, directory);
  g_auto (GStrv) names = NULL;

  if (set != NULL)
    return set;
  set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  names = domuimg_tree_is_dir (tree, directory) ? domuimg_tree_list (tree, directory, NULL) : NULL;
  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    g_hash_table_add (set, g_strdup (names[i]));
  g_hash_table_insert (self->names, g_strdup (directory), set);
  return set;
}

gboolean
domuimg_app_modules_has (DomuimgAppModules *self, DomuimgTree *tree, const char *directory,
                         const char *name)
{
  return g_hash_table_contains (domuimg_app_modules_list (self, tree, directory), name);
}

const DomuimgAppRule *
domuimg_app_modules_find_rule (DomuimgClosure *self, const char *reader, const char *path)
{
  const GPtrArray *rules = domuimg_app_rules_get (self->rules);

  for (guint i = 0; i < rules->len; i++)
    {
      const DomuimgAppRule *rule = g_ptr_array_index (rules, i);

      if (g_strcmp0 (rule->reader, reader) == 0 && domuimg_app_rules_match (rule->file, path))
        return rule;
    }
  return NULL;
}

guint
domuimg_app_modules_find_interpreter (DomuimgClosure *self, const char *reader)
{
  for (guint i = self->files->len; i >= 1; i--)
    {
      const DomuimgAppFile *file = domuimg_closure_get_file (self, i);
      g_autofree char *path = g_strconcat ("/", file->entry->path, NULL);

      if (file->entry->type == DOMUIMG_ENTRY_FILE
          && domuimg_app_modules_find_rule (self, reader, path) != NULL)
        return i;
    }
  return 0;
}
