/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a Python program loads, by the rules of its import system over the tree. */
#include "config.h"
#include "lib/app/modules.h"
#include "lib/app/readers.h"

#include <string.h>

#include "lib/tree/glob.h"

#define READER "python"
#define EXTENSION ".so"

/* "/usr/bin/python3.11" -> "3.11" */
static char *
find_version (const char *path)
{
  const char *name = strrchr (path, '/') + 1;

  name += strspn (name, "pythondw");
  return g_strndup (name, strspn (name, "0123456789."));
}

static void
add_search (DomuimgClosure *self, DomuimgAppModules *python, const char *pattern,
            const char *prefix)
{
  g_autoptr (GString) text = g_string_new (pattern);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  g_string_replace (text, "${prefix}", g_str_equal (prefix, "/") ? "" : prefix, 0);
  g_string_replace (text, "${version}", python->version, 0);
  domuimg_tree_glob (self->tree, text->str, paths, NULL);
  for (guint i = 0; i < paths->len; i++)
    if (domuimg_tree_is_dir (self->tree, g_ptr_array_index (paths, i)))
      domuimg_app_modules_add_directory (python, g_ptr_array_index (paths, i));
}

/* PYTHONPATH, as far as it is of directories. */
static void
add_python_path (DomuimgClosure *self, DomuimgAppModules *python)
{
  for (guint i = 0; i < self->env->len; i++)
    {
      const char *assignment = g_ptr_array_index (self->env, i);
      g_auto (GStrv) directories
          = g_str_has_prefix (assignment, "PYTHONPATH=")
                ? g_strsplit (assignment + strlen ("PYTHONPATH="), ":", -1)
                : NULL;

      for (guint j = 0; directories != NULL && directories[j] != NULL; j++)
        if (*directories[j] == '/')
          domuimg_app_modules_add_directory (python, directories[j]);
    }
}

/* A virtual environment's interpreter is a link into the system; its modules lie beside it. */
static gboolean
add_environment (DomuimgClosure *self, DomuimgAppModules *python, GError **error)
{
  const DomuimgAppFile *file = domuimg_closure_get_file (self, python->interpreter);

  while (file != NULL)
    {
      g_autofree char *path = g_strconcat ("/", file->entry->path, NULL);
      g_autofree char *bin = g_path_get_dirname (path);
      g_autofree char *prefix = g_path_get_dirname (bin);
      g_autofree char *config = g_build_filename (prefix, "pyvenv.cfg", NULL);
      const DomuimgAppReason reason = { python->interpreter, READER, NULL };

      if (domuimg_tree_exists (self->tree, config))
        {
          add_search (self, python, "${prefix}/lib/python${version}/site-packages", prefix);
          return domuimg_closure_add (self, config, &reason, NULL, error);
        }
      file = g_str_equal (file->rule, "link") ? domuimg_closure_get_parent (self, file) : NULL;
    }
  return TRUE;
}

/* The first interpreter of the closure is the one for all scripts. */
static gboolean
begin (DomuimgClosure *self, guint interpreter, GError **error)
{
  g_autofree char *path
      = g_strconcat ("/", domuimg_closure_get_file (self, interpreter)->entry->path, NULL);
  g_autofree char *bin = g_path_get_dirname (path);
  g_autofree char *prefix = g_path_get_dirname (bin);
  const DomuimgAppRule *rule = domuimg_app_modules_find_rule (self, READER, path);

  if (self->python != NULL || rule == NULL)
    return TRUE;
  self->python = domuimg_app_modules_new (rule, interpreter);
  self->python->version = find_version (path);
  add_python_path (self, self->python);
  for (guint i = 0; rule->search[i] != NULL; i++)
    add_search (self, self->python, rule->search[i], prefix);
  return add_environment (self, self->python, error);
}

/* A file of a module, with what was compiled of it. */
static gboolean
add_file (DomuimgClosure *self, const char *directory, const char *name,
          const DomuimgAppReason *reason, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (self->python->version, ".", -1);
  g_autofree char *path = g_strconcat (directory, "/", name, NULL);
  g_autofree char *tag = g_strjoinv ("", parts);
  g_autofree char *compiled
      = g_strdup_printf ("%s/__pycache__/%.*s.cpython-%s.pyc", directory,
                         (int) strcspn (name, "."), name, tag);

  if (!domuimg_closure_add (self, path, reason, NULL, error))
    return FALSE;
  return !g_str_has_suffix (name, ".py")
         || domuimg_closure_add_if_any (self, compiled, reason, error);
}

/* An extension's name has what it was built for: "_ssl.cpython-311-x86_64-linux-gnu.so". */
static const char *
find_extension (DomuimgClosure *self, const char *directory, const char *name)
{
  GHashTable *names = domuimg_app_modules_list (self->python, self->tree, directory);
  g_autofree char *start = g_strconcat (name, ".", NULL);
  GHashTableIter iter;
  gpointer candidate;

  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &candidate, NULL))
    if (g_str_has_prefix (candidate, start) && g_str_has_suffix (candidate, EXTENSION))
      return candidate;
  return NULL;
}

/* What a package of others has beside its code: templates, certificates. */
static gboolean
add_data (DomuimgClosure *self, const char *directory, const DomuimgAppReason *reason,
          GError **error)
{
  g_autofree char *everything = g_strconcat (directory, "/**", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (strstr (directory, "-packages/") == NULL || !domuimg_closure_once (self, directory))
    return TRUE;
  if (!domuimg_tree_glob (self->tree, everything, paths, error))
    return FALSE;
  for (guint i = 0; i < paths->len; i++)
    {
      const char *path = g_ptr_array_index (paths, i);
      gboolean is_code = g_str_has_suffix (path, ".py") || g_str_has_suffix (path, ".pyc")
                         || g_str_has_suffix (path, EXTENSION) || g_str_has_suffix (path, ".pyi")
                         || strstr (path, "/tests") != NULL || strstr (path, "/__pycache__") != NULL;

      if (!is_code && !domuimg_tree_is_dir (self->tree, path)
          && !domuimg_closure_add_if_any (self, path, reason, error))
        return FALSE;
    }
  return TRUE;
}

/* One name in one directory. *@found; @next (nullable) gets the directories where it is a package. */
static gboolean
find_one (DomuimgClosure *self, const char *directory, const char *name, GPtrArray *next,
          const DomuimgAppReason *reason, gboolean *found, GError **error)
{
  DomuimgAppModules *python = self->python;
  g_autofree char *source = g_strconcat (name, ".py", NULL);
  g_autofree char *below = g_strconcat (directory, "/", name, NULL);
  const char *extension;

  *found = FALSE;
  if (domuimg_app_modules_has (python, self->tree, directory, name))
    {
      *found = domuimg_app_modules_has (python, self->tree, below, "__init__.py");
      if (*found || domuimg_tree_is_dir (self->tree, below))
        g_ptr_array_add (next, g_strdup (below));
      if (*found)
        return add_file (self, below, "__init__.py", reason, error)
               && add_data (self, below, reason, error);
    }
  extension = find_extension (self, directory, name);
  *found = extension != NULL || domuimg_app_modules_has (python, self->tree, directory, source);
  return !*found
         || add_file (self, directory, extension != NULL ? extension : source, reason, error);
}

static gboolean
find_in_any (DomuimgClosure *self, GPtrArray *directories, const char *name, GPtrArray *next,
             const DomuimgAppReason *reason, GError **error)
{
  for (guint i = 0; i < directories->len; i++)
    {
      gboolean found;

      if (!find_one (self, g_ptr_array_index (directories, i), name, next, reason, &found, error))
        return FALSE;
      if (found)
        break;
    }
  return TRUE;
}

/* "encodings.*" is every module of a package. */
static gboolean
add_all (DomuimgClosure *self, GPtrArray *directories, const DomuimgAppReason *reason,
         GError **error)
{
  for (guint i = 0; i < directories->len; i++)
    {
      const char *directory = g_ptr_array_index (directories, i);
      g_autofree char *pattern = g_strconcat (directory, "/*.py", NULL);
      g_autofree char *compiled = g_strconcat (directory, "/__pycache__/*.pyc", NULL);

      if (!domuimg_closure_add_glob (self, pattern, reason, error)
          || !domuimg_closure_add_glob (self, compiled, reason, error))
        return FALSE;
    }
  return TRUE;
}

/* The module @name, with the packages that it is in; one that is not there may never be wanted. */
static gboolean
import (DomuimgClosure *self, GPtrArray *directories, const char *name, guint parent, GError **error)
{
  const DomuimgAppReason reason = { parent, DOMUIMG_APP_RULE_MODULE, name };
  g_auto (GStrv) names = g_strsplit (name, ".", -1);
  g_autoptr (GPtrArray) here = g_ptr_array_ref (directories);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GPtrArray) next = g_ptr_array_new_with_free_func (g_free);

      if (*names[i] == '\0')
        return TRUE;
      if (g_str_equal (names[i], "*"))
        return add_all (self, here, &reason, error);
      if (!find_in_any (self, here, names[i], next, &reason, error))
        return FALSE;
      g_ptr_array_unref (here);
      here = g_steal_pointer (&next);
    }
  return TRUE;
}

/* The directory that a relative name begins in: one dot is that of the file. */
static char *
go_up (const char *path, gsize dots)
{
  char *directory = g_path_get_dirname (path);

  for (; dots > 1; dots--)
    {
      char *above = g_path_get_dirname (directory);

      g_free (directory);
      directory = above;
    }
  return directory;
}

/* "a.b", "a:b" and the same with dots before them, as the parser gives them. */
static gboolean
import_from (DomuimgClosure *self, guint number, const char *text, GError **error)
{
  g_autofree char *path
      = g_strconcat ("/", domuimg_closure_get_file (self, number)->entry->path, NULL);
  gsize dots = strspn (text, ".");
  g_autofree char *name = g_strdelimit (g_strdup (text + dots + (text[dots] == ':' ? 1 : 0)), ":", '.');
  g_autofree char *directory = go_up (path, dots);
  g_autofree char *key = g_strconcat (directory, " ", name, NULL);
  g_autoptr (GPtrArray) one = g_ptr_array_new_with_free_func (g_free);

  if (!g_hash_table_add (self->python->done, g_strdup (dots > 0 ? key : name)))
    return TRUE;
  g_ptr_array_add (one, g_steal_pointer (&directory));
  return import (self, dots > 0 ? one : self->python->directories, name, number, error);
}

/* Lines of .pth files are directories, or statements that are run. */
static gboolean
read_paths (DomuimgClosure *self, guint number, GError **error)
{
  DomuimgAppModules *python = self->python;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < python->directories->len; i++)
    {
      g_autofree char *pattern
          = g_strconcat (g_ptr_array_index (python->directories, i), "/*.pth", NULL);

      if (strstr (pattern, "-packages/") != NULL
          && !domuimg_tree_glob (self->tree, pattern, files, error))
        return FALSE;
    }
  for (guint i = 0; i < files->len; i++)
    {
      const char *path = g_ptr_array_index (files, i);
      const DomuimgAppReason reason = { number, READER, NULL };
      g_autofree char *text = domuimg_tree_read_text (self->tree, path, error);
      g_autofree char *directory = g_path_get_dirname (path);
      g_auto (GStrv) lines = text != NULL ? g_strsplit (text, "\n", -1) : NULL;
      guint added;

      if (text == NULL || !domuimg_closure_add (self, path, &reason, &added, error)
          || !domuimg_app_read_python (self, added, text, error))
        return FALSE;
      for (guint j = 0; lines[j] != NULL; j++)
        {
          g_autofree char *full = g_canonicalize_filename (g_strstrip (lines[j]), directory);

          if (*lines[j] != '\0' && *lines[j] != '#' && domuimg_tree_is_dir (self->tree, full))
            domuimg_app_modules_add_directory (python, full);
        }
    }
  return TRUE;
}

gboolean
domuimg_app_read_python_start (DomuimgClosure *self, const DomuimgAppReason *reason,
                               GError **error)
{
  if (!begin (self, reason->parent, error) || !read_paths (self, reason->parent, error))
    return FALSE;
  for (guint i = 0; self->python->rule->modules[i] != NULL; i++)
    if (!import (self, self->python->directories, self->python->rule->modules[i], reason->parent,
                 error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_app_read_python (DomuimgClosure *self, guint number, const char *text, GError **error)
{
  const DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  g_autoptr (GPtrArray) imports = g_ptr_array_new_with_free_func (g_free);
  guint interpreter = self->python == NULL ? domuimg_app_modules_find_interpreter (self, READER) : 0;

  if (interpreter != 0 && !begin (self, interpreter, error))
    return FALSE;
  if (self->python == NULL)
    return TRUE;
  if (!g_str_equal (file->rule, DOMUIMG_APP_RULE_MODULE)
      && !g_str_has_suffix (file->entry->path, ".pth"))
    {
      g_autofree char *path = g_strconcat ("/", file->entry->path, NULL);
      g_autofree char *directory = g_path_get_dirname (path);

      domuimg_app_modules_add_directory (self->python, directory);
    }
  domuimg_python_parse (text, imports);
  for (guint i = 0; i < imports->len; i++)
    if (!import_from (self, number, g_ptr_array_index (imports, i), error))
      return FALSE;
  return TRUE;
}
