/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of a closure's files, each with why it is there. */
#include "config.h"
#include "lib/app/closure-private.h"

#include <string.h>

#include "lib/tree/faults.h"
#include "lib/tree/glob.h"

#define FILES_MAX 200000

#define RULE_LINK "link"
#define RULE_WAY "way"

void
domuimg_app_file_free (gpointer data)
{
  DomuimgAppFile *self = data;

  domuimg_entry_free (self->entry);
  g_free (self->detail);
  g_free (self->sha1);
  g_free (self->sha256);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_clear_pointer (&self->object, domuimg_elf_object_free);
  g_free (self);
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
  return g_str_equal (file->rule, DOMUIMG_APP_RULE_ASKED);
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
