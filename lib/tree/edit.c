/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/tree.h"

#include <string.h>

#include "lib/tree/faults.h"

/* Changes of a tree, down to what a back end has to know. */

/* @entry as a back end takes it: with real parents, and a time. */
static DomuimgEntry *
prepare (DomuimgTree *self, const DomuimgEntry *entry, GError **error)
{
  g_autofree char *real = domuimg_tree_resolve_parents (self, entry->path, error);

  if (real == NULL)
    return NULL;
  g_autoptr (DomuimgEntry) prepared = domuimg_entry_copy (entry);
  g_free (prepared->path);
  prepared->path = g_steal_pointer (&real);
  if (prepared->mtime.sec == DOMUIMG_TIME_NOT_GIVEN)
    prepared->mtime = domuimg_tree_get_time (self);
  return g_steal_pointer (&prepared);
}

/* What is at @path, a path for back ends; NULL without an error where nothing is. */
static gboolean
look (DomuimgTree *self, const char *path, DomuimgEntry **there, GError **error)
{
  g_autoptr (GError) local = NULL;

  *there = domuimg_tree_backend_stat (self, path, &local);
  if (*there != NULL || g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
refuse_directory (DomuimgTree *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) there = NULL;

  if (!look (self, path, &there, error))
    return FALSE;
  if (there != NULL && there->type == DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                         "/%s is a directory and is not replaced: remove it first", path);
  return TRUE;
}

static DomuimgEntry *
prepare_put (DomuimgTree *self, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (DomuimgEntry) prepared = prepare (self, entry, error);

  if (prepared == NULL)
    return NULL;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK
      || (entry->type == DOMUIMG_ENTRY_SYMLINK
          && (entry->target == NULL || entry->target[0] == '\0')))
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "/%s: %s", entry->path,
                    entry->type == DOMUIMG_ENTRY_HARD_LINK ? "a hard link is not put but linked"
                                                           : "a symbolic link without a target");
      return NULL;
    }
  if (entry->type != DOMUIMG_ENTRY_DIRECTORY && !refuse_directory (self, prepared->path, error))
    return NULL;
  return g_steal_pointer (&prepared);
}

gboolean
domuimg_tree_put (DomuimgTree *self, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  g_autoptr (DomuimgEntry) prepared = prepare_put (self, entry, error);

  if (prepared == NULL)
    return FALSE;
  prepared->size = 0;
  if (entry->type == DOMUIMG_ENTRY_FILE && content != NULL)
    prepared->size = g_bytes_get_size (content);
  if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    prepared->size = strlen (entry->target);
  return DOMUIMG_TREE_GET_IFACE (self)->put (self, prepared, content, error);
}

gboolean
domuimg_tree_put_fd (DomuimgTree *self, const DomuimgEntry *entry, int fd,
                     GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (entry->type == DOMUIMG_ENTRY_FILE, FALSE);
  g_autoptr (DomuimgEntry) prepared = prepare_put (self, entry, error);

  if (prepared == NULL)
    return FALSE;
  return DOMUIMG_TREE_GET_IFACE (self)->put_fd (self, prepared, fd, cancellable, error);
}

gboolean
domuimg_tree_set_attributes (DomuimgTree *self, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (DomuimgEntry) prepared = prepare (self, entry, error);

  if (prepared == NULL)
    return FALSE;
  return DOMUIMG_TREE_GET_IFACE (self)->set_attributes (self, prepared, error);
}

gboolean
domuimg_tree_link (DomuimgTree *self, const char *target, const char *path, GError **error)
{
  g_autofree char *from = domuimg_tree_resolve_parents (self, target, error);
  g_autofree char *to = from != NULL ? domuimg_tree_resolve_parents (self, path, error) : NULL;

  if (to == NULL)
    return FALSE;
  g_autoptr (DomuimgEntry) file = domuimg_tree_backend_stat (self, from, error);
  if (file == NULL)
    return FALSE;
  if (file->type == DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "/%s is a directory, which can have no further name /%s", from, to);
  if (g_str_equal (from, to))
    return TRUE;
  if (!refuse_directory (self, to, error) || !domuimg_tree_remove (self, to, error))
    return FALSE;
  return DOMUIMG_TREE_GET_IFACE (self)->link (self, from, to, error);
}

gboolean
domuimg_tree_write_text (DomuimgTree *self, const char *path, const char *text, guint32 mode,
                         GError **error)
{
  g_autofree char *real = domuimg_tree_resolve (self, path, error);
  g_autoptr (DomuimgEntry) entry = NULL;

  if (real == NULL || !look (self, real, &entry, error))
    return FALSE;
  if (entry != NULL && entry->type != DOMUIMG_ENTRY_FILE)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                         "/%s is not a regular file, so no text is written to it", real);
  if (entry == NULL)
    entry = domuimg_entry_new (real, DOMUIMG_ENTRY_FILE, mode);
  entry->mtime = domuimg_tree_get_time (self);
  g_autoptr (GBytes) content = g_bytes_new (text, strlen (text));
  return domuimg_tree_put (self, entry, content, error);
}

/* Makes a directory where nothing is; @path is one for back ends. */
static gboolean
make_directory (DomuimgTree *self, const char *path, guint32 mode, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_DIRECTORY, mode);

  entry->mtime = domuimg_tree_get_time (self);
  return DOMUIMG_TREE_GET_IFACE (self)->put (self, entry, NULL, error);
}

/* Goes from the directory *@real to @name in it, which it makes if need be. */
static gboolean
enter_directory (DomuimgTree *self, char **real, const char *name, guint32 mode, GError **error)
{
  g_autofree char *path = (*real)[0] != '\0' ? g_strconcat (*real, "/", name, NULL)
                                              : g_strdup (name);
  g_autoptr (DomuimgEntry) there = NULL;

  if (!look (self, path, &there, error))
    return FALSE;
  if (there != NULL && there->type == DOMUIMG_ENTRY_SYMLINK)
    {
      g_autofree char *meant = domuimg_tree_resolve (self, path, error);

      g_clear_pointer (&there, domuimg_entry_free);
      if (meant == NULL || !look (self, meant, &there, error))
        return FALSE;
      g_free (path);
      path = g_steal_pointer (&meant);
    }
  if (there != NULL && there->type != DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS,
                         "/%s is not a directory, so no directory can be made of it", path);
  if (there == NULL && !make_directory (self, path, mode, error))
    return FALSE;
  g_free (*real);
  *real = g_steal_pointer (&path);
  return TRUE;
}

/* A symlink to nowhere on the way is made good by the directory that it means. Looks at each
 * level once: guests can be deep. */
gboolean
domuimg_tree_mkdir_p (DomuimgTree *self, const char *path, guint32 mode, GError **error)
{
  g_autofree char *normal = domuimg_path_normalise (path, error);
  g_autofree char *real = g_strdup ("");

  if (normal == NULL)
    return FALSE;
  g_auto (GStrv) names = g_strsplit (normal, "/", -1);
  for (guint i = 0; names[i] != NULL; i++)
    if (!enter_directory (self, &real, names[i], mode, error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_tree_symlink (DomuimgTree *self, const char *target, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_SYMLINK, 0777);

  entry->target = g_strdup (target);
  return domuimg_tree_put (self, entry, NULL, error);
}

gboolean
domuimg_tree_mknod (DomuimgTree *self, const char *path, DomuimgEntryType type, guint32 mode,
                    guint32 dev_major, guint32 dev_minor, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, type, mode);

  entry->dev_major = dev_major;
  entry->dev_minor = dev_minor;
  return domuimg_tree_put (self, entry, NULL, error);
}

/* Nothing at @path, or nothing where its parents should be, is fine. */
static gboolean
ignore_not_found (GError *local, GError **error)
{
  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_error_free (local);
      return TRUE;
    }
  g_propagate_error (error, local);
  return FALSE;
}

gboolean
domuimg_tree_remove (DomuimgTree *self, const char *path, GError **error)
{
  GError *local = NULL;
  g_autofree char *real = domuimg_tree_resolve_parents (self, path, &local);

  if (real == NULL)
    return ignore_not_found (local, error);
  if (real[0] == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "/ is the guest's root, which cannot be removed");
  if (!DOMUIMG_TREE_GET_IFACE (self)->remove (self, real, &local))
    return ignore_not_found (local, error);
  return TRUE;
}

static gboolean
collect_path (DomuimgTree *self, const DomuimgEntry *entry, gboolean *descend,
              gpointer user_data, GError **error)
{
  g_ptr_array_add (user_data, g_strdup (entry->path));
  return TRUE;
}

gboolean
domuimg_tree_remove_all (DomuimgTree *self, const char *path, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  GError *local = NULL;

  if (!domuimg_tree_walk (self, path, collect_path, paths, &local))
    return ignore_not_found (local, error);
  for (guint i = paths->len; i > 0; i--)
    {
      const char *doomed = g_ptr_array_index (paths, i - 1);

      /* The root itself stays; what is in it goes. */
      if (doomed[0] == '\0' || DOMUIMG_TREE_GET_IFACE (self)->remove (self, doomed, &local))
        continue;
      if (!ignore_not_found (g_steal_pointer (&local), error))
        return FALSE;
    }
  return TRUE;
}
