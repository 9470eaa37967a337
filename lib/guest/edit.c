/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a guest read, written, linked and taken away, with the originals kept. */
#include "config.h"
#include "lib/guest/edit.h"

#include <string.h>

#include "lib/guest/aside.h"

/* Text files that are edited are short; anything longer is something else. */
#define TEXT_MAX (4 * 1024 * 1024)

static void
add_line (DomuimgEdit *self, const char *prefix, const char *format, va_list args)
    G_GNUC_PRINTF (3, 0);

static void
add_line (DomuimgEdit *self, const char *prefix, const char *format, va_list args)
{
  if (self->changes == NULL)
    return;
  g_autofree char *line = g_strdup_vprintf (format, args);
  g_ptr_array_add (self->changes, g_strconcat (prefix, line, NULL));
}

void
domuimg_edit_note (DomuimgEdit *self, const char *format, ...)
{
  va_list args;

  self->n_changes++;
  va_start (args, format);
  add_line (self, "", format, args);
  va_end (args);
}

void
domuimg_edit_warn (DomuimgEdit *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  add_line (self, "warning: ", format, args);
  va_end (args);
}

/* The path in the guest, whose part the tree may be. */
static char *
show (DomuimgEdit *self, const char *path)
{
  const char *prefix = self->prefix != NULL ? self->prefix : "";

  return g_strconcat (prefix, *path == '/' ? "" : "/", path, NULL);
}

/* How a change begins: @entry is NULL without an error where there is nothing. */
static gboolean
look (DomuimgEdit *self, const char *path, DomuimgEntry **entry, GError **error)
{
  g_autoptr (GError) local = NULL;

  *entry = NULL;
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  *entry = domuimg_tree_stat (self->tree, path, &local);
  if (*entry == NULL && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_edit_read (DomuimgEdit *self, const char *path, char **text, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->tree, path, &local);

  *text = NULL;
  if (entry == NULL)
    {
      if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (entry->type != DOMUIMG_ENTRY_FILE)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "The guest's %s is not a file, so it cannot be edited: correct it in the"
                         " guest",
                         path);

  g_autoptr (GBytes) bytes = domuimg_tree_read (self->tree, path, TEXT_MAX, error);
  if (bytes == NULL)
    return FALSE;
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  if (size > 0 && memchr (data, '\0', size) != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "The guest's %s is not a text file, so it cannot be edited: correct it in"
                         " the guest",
                         path);
  *text = g_strndup (data != NULL ? data : "", size);
  return TRUE;
}

static gboolean
make_parent (DomuimgEdit *self, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);

  return domuimg_tree_is_dir (self->tree, parent)
         || domuimg_tree_mkdir_p (self->tree, parent, 0755, error);
}

gboolean
domuimg_edit_keep (DomuimgEdit *self, const char *path, GError **error)
{
  g_autofree char *resolved = NULL;
  g_autofree char *name = NULL;
  g_autofree char *kept = NULL;

  if (self->originals == NULL || !domuimg_tree_exists (self->tree, path))
    return TRUE;
  resolved = domuimg_tree_resolve (self->tree, path, error);
  if (resolved == NULL)
    return FALSE;
  name = show (self, resolved);
  if (self->kept != NULL && g_hash_table_contains (self->kept, name))
    return TRUE;
  kept = domuimg_aside_copy (self->tree, resolved, self->originals, name, self->cancellable, error);
  if (kept != NULL && self->kept != NULL)
    g_hash_table_add (self->kept, g_steal_pointer (&name));
  return kept != NULL;
}

gboolean
domuimg_edit_write (DomuimgEdit *self, const char *path, const char *text, guint32 mode,
                    GError **error)
{
  g_autofree char *old = NULL;
  g_autofree char *shown = show (self, path);

  if (g_cancellable_set_error_if_cancelled (self->cancellable, error)
      || !domuimg_edit_read (self, path, &old, error))
    return FALSE;
  if (old != NULL && g_str_equal (old, text))
    return TRUE;
  if (!domuimg_edit_keep (self, path, error) || !make_parent (self, path, error)
      || !domuimg_tree_write_text (self->tree, path, text, mode, error))
    return FALSE;
  domuimg_edit_note (self, "%s %s", old == NULL ? "wrote" : "changed", shown);
  return TRUE;
}

gboolean
domuimg_edit_rewrite (DomuimgEdit *self, const char *path, DomuimgEditRewrite rewrite,
                      gpointer user_data, GError **error)
{
  g_autofree char *old = NULL;
  g_autofree char *text = NULL;

  if (!domuimg_edit_read (self, path, &old, error))
    return FALSE;
  if (old == NULL)
    return TRUE;
  text = rewrite (old, user_data);
  return domuimg_edit_write (self, path, text, 0644, error);
}

gboolean
domuimg_edit_write_own (DomuimgEdit *self, const char *path, const char *text, guint32 mode,
                         GError **error)
{
  g_autoptr (DomuimgEntry) entry = NULL;

  if (!make_parent (self, path, error) || !look (self, path, &entry, error))
    return FALSE;
  if (entry != NULL && entry->type == DOMUIMG_ENTRY_SYMLINK
      && !domuimg_edit_remove (self, path, error))
    return FALSE;
  if (!domuimg_edit_write (self, path, text, mode, error))
    return FALSE;

  g_clear_pointer (&entry, domuimg_entry_free);
  entry = domuimg_tree_stat (self->tree, path, error);
  if (entry == NULL || entry->mode == mode)
    return entry != NULL;
  entry->mode = mode;
  if (!domuimg_tree_set_attributes (self->tree, entry, error))
    return FALSE;
  domuimg_edit_note (self, "set the mode of %s to %04o", path, mode);
  return TRUE;
}

gboolean
domuimg_edit_symlink (DomuimgEdit *self, const char *target, const char *path,
                       GError **error)
{
  g_autoptr (DomuimgEntry) entry = NULL;

  if (!make_parent (self, path, error) || !look (self, path, &entry, error))
    return FALSE;
  if (entry != NULL && entry->type == DOMUIMG_ENTRY_SYMLINK && g_str_equal (entry->target, target))
    return TRUE;
  if (!domuimg_tree_symlink (self->tree, target, path, error))
    return FALSE;
  domuimg_edit_note (self, "linked %s to %s", path, target);
  return TRUE;
}

gboolean
domuimg_edit_mkdir (DomuimgEdit *self, const char *path, guint32 mode, GError **error)
{
  g_autoptr (DomuimgEntry) entry = NULL;

  /* A symlink counts: /media or /tmp may well be one. */
  if (!look (self, path, &entry, error) || entry != NULL)
    return entry != NULL;
  if (!domuimg_tree_mkdir_p (self->tree, path, mode, error))
    return FALSE;
  domuimg_edit_note (self, "made directory %s", path);
  return TRUE;
}

gboolean
domuimg_edit_remove (DomuimgEdit *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = NULL;

  if (!look (self, path, &entry, error))
    return FALSE;
  if (entry == NULL)
    return TRUE;
  if (!domuimg_tree_remove_all (self->tree, path, error))
    return FALSE;
  domuimg_edit_note (self, "removed %s", path);
  return TRUE;
}

gboolean
domuimg_edit_take_away (DomuimgEdit *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = NULL;

  if (!look (self, path, &entry, error))
    return FALSE;
  if (entry == NULL)
    return TRUE;
  if ((entry->type == DOMUIMG_ENTRY_FILE && !domuimg_edit_keep (self, path, error))
      || !domuimg_tree_remove (self->tree, path, error))
    return FALSE;
  domuimg_edit_note (self, "took away %s", path);
  return TRUE;
}

gboolean
domuimg_edit_remove_glob (DomuimgEdit *self, const char *directory, const char *pattern,
                           GError **error)
{
  if (!domuimg_tree_is_dir (self->tree, directory))
    return TRUE;
  g_auto (GStrv) names = domuimg_tree_list (self->tree, directory, error);

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%s", directory, names[i]);

      if (g_pattern_match_simple (pattern, names[i]) && !domuimg_edit_remove (self, path, error))
        return FALSE;
    }
  return names != NULL;
}

/* Moves by copy, since a tree has no rename: these are small files. */
static gboolean
move_aside (DomuimgEdit *self, const char *path, GError **error)
{
  g_autofree char *to
      = domuimg_aside_copy (self->tree, path, self->tree, NULL, self->cancellable, error);

  if (to == NULL || !domuimg_tree_remove (self->tree, path, error))
    return FALSE;
  domuimg_edit_note (self, "moved %s to %s", path, to);
  return TRUE;
}

gboolean
domuimg_edit_set_aside (DomuimgEdit *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = NULL;

  if (!look (self, path, &entry, error))
    return FALSE;
  if (entry == NULL)
    return TRUE;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      g_autoptr (GBytes) bytes = domuimg_tree_read (self->tree, path, TEXT_MAX, error);

      if (bytes == NULL)
        return FALSE;
      gsize size;
      const char *data = g_bytes_get_data (bytes, &size);
      if (size >= strlen (DOMUIMG_GUEST_MARK)
          && memcmp (data, DOMUIMG_GUEST_MARK, strlen (DOMUIMG_GUEST_MARK)) == 0)
        return domuimg_edit_remove (self, path, error);
    }
  else if (entry->type != DOMUIMG_ENTRY_SYMLINK)
    return TRUE;
  return move_aside (self, path, error);
}

static gboolean
is_assignment (const char *line, const char *key)
{
  gsize length = strlen (key);

  while (*line == ' ' || *line == '\t')
    line++;
  return strncmp (line, key, length) == 0 && line[length] == '=';
}

char *
domuimg_edit_set_assignment (const char *text, const char *key, const char *value)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean done = FALSE;

  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (lines[i + 1] == NULL && *lines[i] == '\0')
        break;
      if (!is_assignment (lines[i], key))
        g_string_append_printf (out, "%s\n", lines[i]);
      else if (!done)
        {
          g_string_append_printf (out, "%s=%s\n", key, value);
          done = TRUE;
        }
    }
  if (!done)
    g_string_append_printf (out, "%s=%s\n", key, value);
  return g_string_free (g_steal_pointer (&out), FALSE);
}
