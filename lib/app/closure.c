/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of a root that an application needs: how they come together. */
#include "config.h"
#include "lib/app/closure-private.h"

#include <string.h>

#include "lib/app/explain.h"
#include "lib/app/modules.h"
#include "lib/elf/header.h"
#include "lib/tree/cached.h"
#include "lib/tree/faults.h"
#include "lib/tree/glob.h"

#define FILES_MAX 200000
#define HEAD 256

#define RULE_LINK "link"
#define RULE_WAY "way"
#define RULE_ASKED "asked"
#define RULE_ADDED "added"
#define RULE_TRACED "traced"

static void
file_free (gpointer data)
{
  DomuimgAppFile *self = data;

  domuimg_entry_free (self->entry);
  g_free (self->detail);
  g_free (self->sha256);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_clear_pointer (&self->object, domuimg_elf_object_free);
  g_free (self);
}

DomuimgClosure *
domuimg_closure_new (DomuimgTree *tree)
{
  DomuimgClosure *self = g_new0 (DomuimgClosure, 1);
  GPtrArray **texts[] = { &self->programs, &self->patterns, &self->traced,  &self->users,
                          &self->env,      &self->missing,  &self->warnings, &self->rule_users };

  self->tree = domuimg_tree_cached_new (tree);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    *texts[i] = g_ptr_array_new_with_free_func (g_free);
  self->files = g_ptr_array_new_with_free_func (file_free);
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

DomuimgAppFile *
domuimg_closure_get_file (DomuimgClosure *self, guint number)
{
  return g_ptr_array_index (self->files, number - 1);
}

gboolean
domuimg_closure_is_program (DomuimgClosure *self, const DomuimgAppFile *file)
{
  while (file->parent != 0 && g_str_equal (file->rule, RULE_LINK))
    file = domuimg_closure_get_file (self, file->parent);
  return g_str_equal (file->rule, RULE_ASKED);
}

static guint
add_entry (DomuimgClosure *self, DomuimgEntry *entry, const DomuimgAppReason *reason)
{
  DomuimgAppFile *file = g_new0 (DomuimgAppFile, 1);

  file->entry = entry;
  file->parent = reason->parent;
  file->rule = reason->rule;
  file->detail = g_strdup (reason->detail);
  g_ptr_array_add (self->files, file);
  g_hash_table_insert (self->by_path, entry->path, GUINT_TO_POINTER (self->files->len));
  return self->files->len;
}

/* What is at @path, which has no symlinks before its last name. */
static gboolean
add_resolved (DomuimgClosure *self, const char *path, const DomuimgAppReason *reason,
              guint *number, GError **error)
{
  DomuimgEntry *entry;

  *number = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_path, path));
  if (*number != 0)
    return TRUE;
  if (self->files->len >= FILES_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "the application needs more than %d files: a pattern takes too much",
                         FILES_MAX);
  entry = domuimg_tree_backend_stat (self->tree, path, error);
  if (entry == NULL)
    return FALSE;
  *number = add_entry (self, entry, reason);
  return TRUE;
}

/* Whether the file lies in what @link leads to, and is not that itself. */
static gboolean
is_on_the_way (DomuimgClosure *self, const char *link, const char *resolved)
{
  g_autofree char *end = domuimg_tree_resolve (self->tree, link, NULL);
  gsize length = end != NULL ? strlen (end) : 0;

  return length > 0 && strncmp (resolved, end, length) == 0 && resolved[length] == '/';
}

gboolean
domuimg_closure_add (DomuimgClosure *self, const char *path, const DomuimgAppReason *reason,
                     guint *number, GError **error)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *resolved = domuimg_tree_resolve_links (self->tree, path, links, error);
  DomuimgAppReason why = *reason;
  guint last = 0;

  if (resolved == NULL)
    return FALSE;
  for (guint i = 0; i < links->len; i++)
    {
      const char *link = g_ptr_array_index (links, i);
      gboolean is_way = is_on_the_way (self, link, resolved);
      const DomuimgAppReason way = { reason->parent, RULE_WAY, NULL };

      if (!add_resolved (self, link, is_way ? &way : &why, &last, error))
        return FALSE;
      if (!is_way)
        why = (DomuimgAppReason){ last, RULE_LINK, NULL };
    }
  if (!add_resolved (self, resolved, &why, &last, error))
    return FALSE;
  if (number != NULL)
    *number = last;
  return TRUE;
}

gboolean
domuimg_closure_add_needed (DomuimgClosure *self, const char *path, const DomuimgAppReason *reason,
                            guint *number, GError **error, const char *format, ...)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  va_list arguments;

  if (domuimg_closure_add (self, path, reason, number, &local))
    return TRUE;
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s", text);
}

gboolean
domuimg_closure_add_if_any (DomuimgClosure *self, const char *path,
                            const DomuimgAppReason *reason, GError **error)
{
  g_autoptr (GError) local = NULL;

  if (domuimg_closure_add (self, path, reason, NULL, &local)
      || g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
domuimg_closure_add_glob (DomuimgClosure *self, const char *pattern,
                          const DomuimgAppReason *reason, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);

  if (!domuimg_tree_is_glob (pattern))
    return domuimg_closure_add_if_any (self, pattern, reason, error);
  if (!domuimg_tree_glob (self->tree, pattern, paths, error))
    return FALSE;
  for (guint i = 0; i < paths->len; i++)
    if (!domuimg_closure_add_if_any (self, g_ptr_array_index (paths, i), reason, error))
      return FALSE;
  return TRUE;
}

void
domuimg_closure_add_made (DomuimgClosure *self, DomuimgEntry *entry, GBytes *content,
                          const DomuimgAppReason *reason)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->by_path, entry->path));
  DomuimgAppFile *file;

  if (number == 0)
    number = add_entry (self, entry, reason);
  else
    {
      file = domuimg_closure_get_file (self, number);
      g_hash_table_remove (self->by_path, entry->path);
      domuimg_entry_free (file->entry);
      file->entry = entry;
      g_hash_table_insert (self->by_path, entry->path, GUINT_TO_POINTER (number));
    }
  file = domuimg_closure_get_file (self, number);
  if (content != NULL)
    entry->size = entry->allocated = g_bytes_get_size (content);
  file->content = content;
}

static gboolean
follow (DomuimgClosure *self, guint number, GError **error)
{
  DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  char head[HEAD + 1];
  gssize got;

  if (file->entry->type != DOMUIMG_ENTRY_FILE || file->content != NULL)
    return TRUE;
  got = domuimg_tree_backend_read_at (self->tree, file->entry->path, 0, head, HEAD, error);
  if (got < 0)
    return FALSE;
  head[got] = '\0';
  if (domuimg_elf_is (domuimg_bytes (head, (gsize) got))
      && !domuimg_closure_follow_elf (self, number, error))
    return FALSE;
  if (!domuimg_closure_follow_script (self, number, head, error))
    return FALSE;
  return domuimg_closure_follow_rules (self, number, error);
}

/* A program that was asked for has to be one. */
static gboolean
check_program (DomuimgClosure *self, const char *path, guint number, GError **error)
{
  DomuimgAppFile *file = domuimg_closure_get_file (self, number);
  char head[4] = { 0 };

  if (file->entry->type != DOMUIMG_ENTRY_FILE)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is not a file: name a program or a script", path);
  if (domuimg_tree_backend_read_at (self->tree, file->entry->path, 0, head, sizeof head, error) < 0)
    return FALSE;
  if (!domuimg_elf_is (domuimg_bytes (head, sizeof head)) && memcmp (head, "#!", 2) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is neither an ELF program nor a script that begins with #! and its"
                         " interpreter: it cannot be started",
                         path);
  return TRUE;
}

static gboolean
add_programs (DomuimgClosure *self, GError **error)
{
  for (guint i = 0; i < self->programs->len; i++)
    {
      const char *path = g_ptr_array_index (self->programs, i);
      const DomuimgAppReason reason = { 0, RULE_ASKED, NULL };
      guint number;

      if (*path != '/')
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                             "“%s” is not the absolute path of a program", path);
      if (!domuimg_closure_add_needed (self, path, &reason, &number, error, "there is no program %s in this root",
                                       path))
        return FALSE;
      if (i == 0)
        self->main = number;
      if (!check_program (self, path, number, error)
          || !domuimg_closure_follow_package (self, number, error))
        return FALSE;
    }
  return TRUE;
}

/* A directory that is named means what is in it, too. */
static gboolean
add_pattern (DomuimgClosure *self, const char *pattern, GError **error)
{
  g_autofree char *below = g_strconcat (pattern, "/**", NULL);
  const DomuimgAppReason reason = { 0, RULE_ADDED, pattern };
  guint before = self->files->len;

  if (*pattern != '/')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "“%s” is not an absolute path or pattern", pattern);
  if (!domuimg_tree_is_glob (pattern) && !domuimg_closure_add (self, pattern, &reason, NULL, error))
    return FALSE;
  if (!domuimg_closure_add_glob (self, pattern, &reason, error)
      || !domuimg_closure_add_glob (self, below, &reason, error))
    return FALSE;
  if (domuimg_tree_is_glob (pattern) && self->files->len == before)
    domuimg_closure_warn (self, "nothing in this root matches %s", pattern);
  return TRUE;
}

static gboolean
add_asked (DomuimgClosure *self, GError **error)
{
  const DomuimgAppReason traced = { 0, RULE_TRACED, NULL };

  if (!add_programs (self, error))
    return FALSE;
  for (guint i = 0; i < self->patterns->len; i++)
    if (!add_pattern (self, g_ptr_array_index (self->patterns, i), error))
      return FALSE;
  for (guint i = 0; i < self->traced->len; i++)
    if (!domuimg_closure_add_if_any (self, g_ptr_array_index (self->traced, i), &traced, error))
      return FALSE;
  return TRUE;
}

static gboolean
tell_missing (DomuimgClosure *self, GError **error)
{
  g_autofree char *first = NULL;

  if (self->missing->len == 0)
    return TRUE;
  if (self->allows_missing)
    {
      for (guint i = 0; i < self->missing->len; i++)
        domuimg_closure_warn (self, "%s", (const char *) g_ptr_array_index (self->missing, i));
      return TRUE;
    }
  first = g_strdup (g_ptr_array_index (self->missing, 0));
  if (self->missing->len > 1)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s, and %u more: install them, or use --allow-missing", first,
                         self->missing->len - 1);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: install it, or use --allow-missing",
                       first);
}

/* A directory is no package's alone. */
static void
set_owner (const char *path, const DomuimgPackage *owner, gpointer user_data)
{
  DomuimgClosure *self = user_data;
  DomuimgAppFile *file = domuimg_closure_get_file (
      self, GPOINTER_TO_UINT (g_hash_table_lookup (self->by_path, path)));

  if (file->entry->type != DOMUIMG_ENTRY_DIRECTORY && file->content == NULL)
    file->package = owner;
}

gboolean
domuimg_closure_run (DomuimgClosure *self, GCancellable *cancellable, GError **error)
{
  self->rules = domuimg_app_rules_load (error);
  if (self->rules == NULL)
    return FALSE;
  self->packages = domuimg_packages_read (self->tree, error);
  if (self->packages == NULL || !add_asked (self, error))
    return FALSE;
  for (guint i = 1; i <= self->files->len; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !follow (self, i, error))
      return FALSE;
  return tell_missing (self, error) && domuimg_closure_make_accounts (self, error)
         && domuimg_packages_find_owners (self->packages, self->by_path, set_owner, self, error);
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
