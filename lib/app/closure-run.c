/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Works a closure out: from what is asked for, over what each file leads to, until nothing new comes. */
#include "config.h"
#include "lib/app/closure-private.h"

#include <string.h>

#include "lib/elf/header.h"
#include "lib/tree/faults.h"
#include "lib/tree/glob.h"

#define HEAD 256

#define RULE_ADDED "added"
#define RULE_TRACED "traced"

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
      const DomuimgAppReason reason = { 0, DOMUIMG_APP_RULE_ASKED, NULL };
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
