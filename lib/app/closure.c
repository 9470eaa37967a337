/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a root that an application needs: what is asked for, and what came of it. */
#include "config.h"
#include "lib/app/closure-private.h"

#include "lib/app/explain.h"
#include "lib/app/modules.h"
#include "lib/tree/cached.h"

DomuimgClosure *
domuimg_closure_new (DomuimgTree *tree)
{
  DomuimgClosure *self = g_new0 (DomuimgClosure, 1);
  GPtrArray **texts[] = { &self->programs, &self->patterns, &self->traced,  &self->users,
                          &self->env,      &self->missing,  &self->warnings, &self->rule_users };

  self->tree = domuimg_tree_cached_new (tree);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    *texts[i] = g_ptr_array_new_with_free_func (g_free);
  self->files = g_ptr_array_new_with_free_func (domuimg_app_file_free);
  self->by_path = g_hash_table_new (g_str_hash, g_str_equal);
  self->libraries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                           (GDestroyNotify) g_ptr_array_unref);
  self->done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
clear_defaults (DomuimgAppDefaults *self)
{
  g_strfreev (self->argv);
  g_strfreev (self->env);
  g_strfreev (self->ports);
  g_free (self->user);
}

void
domuimg_closure_free (DomuimgClosure *self)
{
  GPtrArray *texts[] = { self->programs, self->patterns, self->traced,  self->users,
                         self->env,      self->missing,  self->warnings, self->rule_users };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_ptr_array_unref (texts[i]);
  g_hash_table_unref (self->by_path);
  g_ptr_array_unref (self->files);
  g_hash_table_unref (self->libraries);
  g_hash_table_unref (self->done);
  g_clear_pointer (&self->search, domuimg_elf_search_free);
  g_clear_pointer (&self->packages, domuimg_packages_free);
  g_clear_pointer (&self->rules, domuimg_app_rules_free);
  clear_defaults (&self->defaults);
  g_clear_pointer (&self->python, domuimg_app_modules_free);
  g_clear_pointer (&self->perl, domuimg_app_modules_free);
  g_object_unref (self->tree);
  g_free (self);
}

void
domuimg_closure_add_program (DomuimgClosure *self, const char *path)
{
  g_ptr_array_add (self->programs, g_strdup (path));
}

void
domuimg_closure_add_pattern (DomuimgClosure *self, const char *pattern)
{
  g_ptr_array_add (self->patterns, g_strdup (pattern));
}

void
domuimg_closure_add_traced (DomuimgClosure *self, const char *path)
{
  g_ptr_array_add (self->traced, g_strdup (path));
}

void
domuimg_closure_add_user (DomuimgClosure *self, const char *user)
{
  if (!g_ptr_array_find_with_equal_func (self->users, user, g_str_equal, NULL))
    g_ptr_array_add (self->users, g_strdup (user));
}

void
domuimg_closure_add_env (DomuimgClosure *self, const char *assignment)
{
  g_ptr_array_add (self->env, g_strdup (assignment));
}

void
domuimg_closure_allow_missing (DomuimgClosure *self)
{
  self->allows_missing = TRUE;
}

void
domuimg_closure_warn (DomuimgClosure *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_ptr_array_add (self->warnings, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

gboolean
domuimg_closure_once (DomuimgClosure *self, const char *what)
{
  return g_hash_table_add (self->done, g_strdup (what));
}

const GPtrArray *
domuimg_closure_get_files (DomuimgClosure *self)
{
  return self->files;
}

const DomuimgAppFile *
domuimg_closure_find (DomuimgClosure *self, const char *path)
{
  g_autofree char *resolved = domuimg_tree_resolve_parents (self->tree, path, NULL);
  guint number
      = resolved != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (self->by_path, resolved)) : 0;

  return number != 0 ? domuimg_closure_get_file (self, number) : NULL;
}

const DomuimgAppFile *
domuimg_closure_get_parent (DomuimgClosure *self, const DomuimgAppFile *file)
{
  return file->parent != 0 ? domuimg_closure_get_file (self, file->parent) : NULL;
}

const GPtrArray *
domuimg_closure_get_warnings (DomuimgClosure *self)
{
  return self->warnings;
}

const DomuimgAppDefaults *
domuimg_closure_get_defaults (DomuimgClosure *self)
{
  return &self->defaults;
}

DomuimgPackages *
domuimg_closure_get_packages (DomuimgClosure *self)
{
  return self->packages;
}

guint16
domuimg_closure_get_machine (DomuimgClosure *self)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgAppFile *file = g_ptr_array_index (self->files, i);

      if (file->object != NULL)
        return file->object->needs->machine;
    }
  return 0;
}

DomuimgTree *
domuimg_closure_get_tree (DomuimgClosure *self)
{
  return self->tree;
}

GPtrArray *
domuimg_closure_explain (DomuimgClosure *self, const DomuimgAppFile *file)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  while (file != NULL)
    {
      const DomuimgAppFile *parent = domuimg_closure_get_parent (self, file);
      g_autofree char *of = parent != NULL ? g_strconcat ("/", parent->entry->path, NULL) : NULL;
      g_autofree char *why = domuimg_app_explain (file->rule, of, file->detail);

      g_ptr_array_add (lines, g_strdup_printf ("/%s: %s", file->entry->path, why));
      file = parent;
    }
  return lines;
}
