/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lays the layers of a container image over one another, by their names. */
#include "config.h"
#include "lib/source/oci-merge.h"

#include <string.h>

#include "lib/source/oci-names.h"
#include "lib/source/whiteout.h"

typedef struct {
  char *path, *target;
  guint index;
} Pending;

struct _DomuimgOciMerge {
  DomuimgOciNames *names;
  GPtrArray *layers;  /* of GPtrArray of DomuimgOciFile (nullable), by the entries' numbers */
  GPtrArray *files;   /* owned */
  GPtrArray *pending; /* of Pending: hard links of this layer */
  char *layer_name;
};

static void
pending_free (gpointer data)
{
  Pending *self = data;

  g_free (self->path);
  g_free (self->target);
  g_free (self);
}

DomuimgOciMerge *
domuimg_oci_merge_new (void)
{
  DomuimgOciMerge *self = g_new0 (DomuimgOciMerge, 1);

  self->names = domuimg_oci_names_new ();
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->files = g_ptr_array_new_with_free_func (domuimg_oci_file_free);
  self->pending = g_ptr_array_new_with_free_func (pending_free);
  return self;
}

void
domuimg_oci_merge_free (DomuimgOciMerge *self)
{
  domuimg_oci_names_free (self->names);
  g_ptr_array_unref (self->layers);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->pending);
  g_free (self->layer_name);
  g_free (self);
}

void
domuimg_oci_merge_begin (DomuimgOciMerge *self, const char *name)
{
  g_ptr_array_add (self->layers, g_ptr_array_new ());
  self->names->layer = self->layers->len;
  g_free (self->layer_name);
  self->layer_name = g_strdup (name);
}

static gboolean
fail_parent (DomuimgOciMerge *self, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: /%s lies in something that is not a directory in the layers below",
                       self->layer_name, path);
}

static gboolean
fail_whiteout (DomuimgOciMerge *self, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "%s: the whiteout /%s is of no file, but of its directory or what that is in",
                       self->layer_name, path);
}

static gboolean
apply_whiteout (DomuimgOciMerge *self, const char *path, GError **error)
{
  const char *last;
  DomuimgOciName *parent = domuimg_oci_names_find_parent (self->names, path, FALSE, &last);
  const char *name = last + strlen (DOMUIMG_WHITEOUT);
  DomuimgOciName *known;

  if (g_str_equal (last, DOMUIMG_WHITEOUT_OPAQUE))
    {
      if (parent != NULL)
        domuimg_oci_names_drop_lower (self->names, parent);
      return TRUE;
    }
  if (*name == '\0' || g_str_equal (name, ".") || g_str_equal (name, ".."))
    return fail_whiteout (self, path, error);
  known = parent != NULL ? g_hash_table_lookup (parent->children, name) : NULL;
  if (known != NULL && known->layer < self->names->layer)
    g_hash_table_remove (parent->children, name);
  else if (known != NULL && known->children != NULL)
    domuimg_oci_names_drop_lower (self->names, known);
  return TRUE;
}

/* The name for an entry: a directory that is there stays, with what is in it. */
static DomuimgOciName *
make_name (DomuimgOciMerge *self, const DomuimgEntry *entry, GError **error)
{
  gboolean is_directory = entry->type == DOMUIMG_ENTRY_DIRECTORY;
  const char *last;
  DomuimgOciName *parent = domuimg_oci_names_find_parent (self->names, entry->path, TRUE, &last);
  DomuimgOciName *known;

  if (parent == NULL)
    {
      fail_parent (self, entry->path, error);
      return NULL;
    }
  if (*last == '\0' && !is_directory)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the root is not a directory in it",
                    self->layer_name);
      return NULL;
    }
  known = *last == '\0' ? self->names->root : g_hash_table_lookup (parent->children, last);
  if (known == NULL || !is_directory || known->children == NULL)
    known = domuimg_oci_names_add (self->names, parent, last, is_directory);
  known->layer = self->names->layer;
  domuimg_oci_names_touch (self->names, parent);
  return known;
}

static gboolean
add_file (DomuimgOciMerge *self, const DomuimgEntry *entry, DomuimgOciFile *file, GError **error)
{
  DomuimgOciName *name = make_name (self, entry, error);

  if (name == NULL)
    return FALSE;
  domuimg_oci_name_give_file (name, file);
  return TRUE;
}

static DomuimgOciFile *
find_target (DomuimgOciMerge *self, const char *target)
{
  const char *last;
  DomuimgOciName *parent = domuimg_oci_names_find_parent (self->names, target, FALSE, &last);
  DomuimgOciName *known = parent != NULL ? g_hash_table_lookup (parent->children, last) : NULL;

  return known != NULL && known->children == NULL ? known->file : NULL;
}

/* FALSE without an error where the target has not come. */
static gboolean
add_link (DomuimgOciMerge *self, const char *path, const char *target, GError **error)
{
  DomuimgOciFile *file = find_target (self, target);
  DomuimgEntry entry = { .path = (char *) path, .type = DOMUIMG_ENTRY_HARD_LINK };
  DomuimgOciName *name;

  if (file == NULL)
    return FALSE;
  if (g_str_equal (path, target))
    return TRUE;
  /* Replacing the name must not be the end of the file. */
  name = make_name (self, &entry, error);
  if (name == NULL)
    return FALSE;
  domuimg_oci_name_give_file (name, file);
  return TRUE;
}

static gboolean
is_whiteout (const char *path)
{
  const char *slash = strrchr (path, '/');

  return g_str_has_prefix (slash != NULL ? slash + 1 : path, DOMUIMG_WHITEOUT);
}

static DomuimgOciFile *
new_file (DomuimgOciMerge *self, const DomuimgEntry *entry, guint index)
{
  DomuimgOciFile *file = g_new0 (DomuimgOciFile, 1);

  file->layer = self->names->layer - 1;
  file->index = index;
  file->type = entry->type;
  file->target = entry->type == DOMUIMG_ENTRY_SYMLINK ? g_strdup (entry->target) : NULL;
  file->names = g_ptr_array_new ();
  g_ptr_array_add (self->files, file);
  return file;
}

static gboolean
add_hard_link (DomuimgOciMerge *self, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (GError) local = NULL;
  Pending *pending;

  if (add_link (self, entry->path, entry->target, &local))
    return TRUE;
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  pending = g_new0 (Pending, 1);
  pending->path = g_strdup (entry->path);
  pending->target = g_strdup (entry->target);
  g_ptr_array_add (self->pending, pending);
  return TRUE;
}

gboolean
domuimg_oci_merge_add (DomuimgOciMerge *self, const DomuimgEntry *entry, guint64 data_bytes,
                       guint64 other_bytes, GError **error)
{
  GPtrArray *entries = g_ptr_array_index (self->layers, self->layers->len - 1);
  DomuimgOciFile *file = NULL;
  gboolean ok;

  if (is_whiteout (entry->path))
    ok = apply_whiteout (self, entry->path, error);
  else if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    ok = add_hard_link (self, entry, error);
  else
    {
      file = new_file (self, entry, entries->len);
      file->data_bytes = data_bytes;
      file->other_bytes = other_bytes;
      ok = add_file (self, entry, file, error);
    }
  g_ptr_array_add (entries, file);
  return ok;
}

gboolean
domuimg_oci_merge_end (DomuimgOciMerge *self, GError **error)
{
  for (guint i = 0; i < self->pending->len; i++)
    {
      const Pending *link = g_ptr_array_index (self->pending, i);
      g_autoptr (GError) local = NULL;

      if (add_link (self, link->path, link->target, &local))
        continue;
      if (local == NULL)
        domuimg_fail (&local, DOMUIMG_ERROR_CORRUPT_INPUT,
                      "%s: /%s is a hard link to “%s”, which neither it nor a layer below has",
                      self->layer_name, link->path, link->target);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  g_ptr_array_set_size (self->pending, 0);
  return TRUE;
}

static gint
compare_texts (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(char *const *) a, *(char *const *) b);
}

GPtrArray *
domuimg_oci_merge_list_names (DomuimgOciMerge *self, guint layer, guint index)
{
  GPtrArray *entries = layer < self->layers->len ? g_ptr_array_index (self->layers, layer) : NULL;
  const DomuimgOciFile *file = entries != NULL && index < entries->len ? g_ptr_array_index (entries, index) : NULL;
  GPtrArray *names;

  if (file == NULL || file->names->len == 0)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < file->names->len; i++)
    g_ptr_array_add (names, domuimg_oci_name_path (g_ptr_array_index (file->names, i)));
  g_ptr_array_sort (names, compare_texts);
  return names;
}

gboolean
domuimg_oci_merge_has_file (DomuimgOciMerge *self, const char *path)
{
  const char *last;
  guint hops = 0;
  DomuimgOciName *parent = domuimg_oci_names_find_parent (self->names, path, FALSE, &last);
  DomuimgOciName *known = parent != NULL ? g_hash_table_lookup (parent->children, last) : NULL;

  while (known != NULL && known->children == NULL && known->file->type == DOMUIMG_ENTRY_SYMLINK)
    {
      const char *target = known->file->target;
      const char *slash = strrchr (target, '/');
      g_autofree char *directory = g_strndup (target, slash != NULL ? (gsize) (slash - target) : 0);

      if (++hops > DOMUIMG_OCI_HOPS_MAX)
        return FALSE;
      parent = domuimg_oci_names_walk (self->names, *target == '/' ? self->names->root : known->parent,
                                       directory, FALSE, &hops);
      known = parent != NULL ? g_hash_table_lookup (parent->children, slash != NULL ? slash + 1 : target) : NULL;
    }
  return known != NULL && known->children == NULL;
}

GPtrArray *
domuimg_oci_merge_list (DomuimgOciMerge *self, const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  guint hops = 0;
  DomuimgOciName *directory = domuimg_oci_names_walk (self->names, self->names->root, path, FALSE, &hops);
  GHashTableIter iter;
  gpointer name;

  if (directory == NULL)
    return names;
  g_hash_table_iter_init (&iter, directory->children);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, g_strdup (name));
  return names;
}

void
domuimg_oci_merge_measure (DomuimgOciMerge *self, guint64 *entries, guint64 *data_bytes,
                           guint64 *other_bytes)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      const DomuimgOciFile *file = g_ptr_array_index (self->files, i);

      if (file->names->len == 0)
        continue;
      *entries += file->names->len;
      *data_bytes += file->data_bytes;
      *other_bytes += file->other_bytes;
    }
}
