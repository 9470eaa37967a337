/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lays the layers of a container image over one another, by their names. */
#include "config.h"
#include "lib/source/oci-merge.h"

#include <string.h>

#include "lib/source/whiteout.h"

/* Linux follows as many, and then says ELOOP. */
#define HOPS_MAX 40

/* A file, whatever its names are. */
typedef struct {
  guint layer;
  guint index;
  DomuimgEntryType type;
  char *target; /* of a symlink */
  guint64 data_bytes, other_bytes;
  GPtrArray *names; /* of Name (unowned), that the guest has */
} File;

/* A name in a directory. */
typedef struct _Name Name;
struct _Name {
  Name *parent; /* the root's: itself */
  char *name;
  guint layer;  /* the last one that said something of it, or of what is below */
  File *file;   /* (nullable) a directory that no layer has an entry for */
  GHashTable *children; /* name to Name; of directories */
};

typedef struct {
  char *path, *target;
  guint index;
} Pending;

struct _DomuimgOciMerge {
  Name *root;
  GPtrArray *layers;  /* of GPtrArray of File (nullable), by the entries' numbers */
  GPtrArray *files;   /* owned */
  GPtrArray *pending; /* of Pending: hard links of this layer */
  char *layer_name;
};

static void
file_free (gpointer data)
{
  File *self = data;

  g_ptr_array_unref (self->names);
  g_free (self->target);
  g_free (self);
}

static void
name_free (gpointer data)
{
  Name *self = data;

  if (self->file != NULL)
    g_ptr_array_remove_fast (self->file->names, self);
  g_clear_pointer (&self->children, g_hash_table_unref);
  g_free (self->name);
  g_free (self);
}

static void
pending_free (gpointer data)
{
  Pending *self = data;

  g_free (self->path);
  g_free (self->target);
  g_free (self);
}

static GHashTable *
new_children (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, name_free);
}

DomuimgOciMerge *
domuimg_oci_merge_new (void)
{
  DomuimgOciMerge *self = g_new0 (DomuimgOciMerge, 1);

  self->root = g_new0 (Name, 1);
  self->root->parent = self->root;
  self->root->name = g_strdup ("");
  self->root->children = new_children ();
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->files = g_ptr_array_new_with_free_func (file_free);
  self->pending = g_ptr_array_new_with_free_func (pending_free);
  return self;
}

void
domuimg_oci_merge_free (DomuimgOciMerge *self)
{
  name_free (self->root);
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
  g_free (self->layer_name);
  self->layer_name = g_strdup (name);
}

static guint
this_layer (DomuimgOciMerge *self)
{
  return self->layers->len;
}

/* What is above of a name of this layer is not deleted by the layer's own whiteouts. */
static void
touch (DomuimgOciMerge *self, Name *name)
{
  for (; name->layer != this_layer (self); name = name->parent)
    name->layer = this_layer (self);
}

static Name *
add_name (DomuimgOciMerge *self, Name *parent, const char *name, gboolean is_directory)
{
  Name *added = g_new0 (Name, 1);

  added->parent = parent;
  added->name = g_strdup (name);
  added->layer = this_layer (self);
  if (is_directory)
    added->children = new_children ();
  g_hash_table_replace (parent->children, added->name, added);
  /* Here, as touch () goes up no further than to a name that this layer has. */
  touch (self, parent);
  return added;
}

static Name *walk (DomuimgOciMerge *self, Name *at, const char *path, gboolean creates, guint *hops);

/* One step down; links are followed inside of the root. NULL where that leads to no directory. */
static Name *
step (DomuimgOciMerge *self, Name *at, const char *component, gboolean creates, guint *hops)
{
  Name *next;

  if (*component == '\0' || g_str_equal (component, "."))
    return at;
  if (g_str_equal (component, ".."))
    return at->parent;
  next = g_hash_table_lookup (at->children, component);
  if (next == NULL)
    return creates ? add_name (self, at, component, TRUE) : NULL;
  if (next->children != NULL)
    return next;
  if (next->file->type != DOMUIMG_ENTRY_SYMLINK || ++*hops > HOPS_MAX)
    return NULL;
  return walk (self, *next->file->target == '/' ? self->root : at, next->file->target, creates, hops);
}

static Name *
walk (DomuimgOciMerge *self, Name *at, const char *path, gboolean creates, guint *hops)
{
  g_auto (GStrv) components = g_strsplit (path, "/", -1);

  for (guint i = 0; at != NULL && components[i] != NULL; i++)
    at = step (self, at, components[i], creates, hops);
  return at;
}

/* The directory that @path is in, and its last component in *@last. */
static Name *
find_parent (DomuimgOciMerge *self, const char *path, gboolean creates, const char **last)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);
  guint hops = 0;

  *last = slash != NULL ? slash + 1 : path;
  return walk (self, self->root, parent, creates, &hops);
}

static gboolean
fail_parent (DomuimgOciMerge *self, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s: /%s lies in something that is not a directory in the layers below",
                       self->layer_name, path);
}

/* Removes what lower layers have in a directory. */
static void
drop_lower (DomuimgOciMerge *self, Name *directory)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, directory->children);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Name *name = value;

      if (name->layer < this_layer (self))
        g_hash_table_iter_remove (&iter);
      else if (name->children != NULL)
        drop_lower (self, name);
    }
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
  Name *parent = find_parent (self, path, FALSE, &last);
  const char *name = last + strlen (DOMUIMG_WHITEOUT);
  Name *known;

  if (g_str_equal (last, DOMUIMG_WHITEOUT_OPAQUE))
    {
      if (parent != NULL)
        drop_lower (self, parent);
      return TRUE;
    }
  if (*name == '\0' || g_str_equal (name, ".") || g_str_equal (name, ".."))
    return fail_whiteout (self, path, error);
  known = parent != NULL ? g_hash_table_lookup (parent->children, name) : NULL;
  if (known != NULL && known->layer < this_layer (self))
    g_hash_table_remove (parent->children, name);
  else if (known != NULL && known->children != NULL)
    drop_lower (self, known);
  return TRUE;
}

static void
give_file (Name *name, File *file)
{
  if (name->file != NULL)
    g_ptr_array_remove_fast (name->file->names, name);
  name->file = file;
  g_ptr_array_add (file->names, name);
}

/* The name for an entry: a directory that is there stays, with what is in it. */
static Name *
make_name (DomuimgOciMerge *self, const DomuimgEntry *entry, GError **error)
{
  gboolean is_directory = entry->type == DOMUIMG_ENTRY_DIRECTORY;
  const char *last;
  Name *parent = find_parent (self, entry->path, TRUE, &last);
  Name *known;

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
  known = *last == '\0' ? self->root : g_hash_table_lookup (parent->children, last);
  if (known == NULL || !is_directory || known->children == NULL)
    known = add_name (self, parent, last, is_directory);
  known->layer = this_layer (self);
  touch (self, parent);
  return known;
}

static gboolean
add_file (DomuimgOciMerge *self, const DomuimgEntry *entry, File *file, GError **error)
{
  Name *name = make_name (self, entry, error);

  if (name == NULL)
    return FALSE;
  give_file (name, file);
  return TRUE;
}

static File *
find_target (DomuimgOciMerge *self, const char *target)
{
  const char *last;
  Name *parent = find_parent (self, target, FALSE, &last);
  Name *known = parent != NULL ? g_hash_table_lookup (parent->children, last) : NULL;

  return known != NULL && known->children == NULL ? known->file : NULL;
}

/* FALSE without an error where the target has not come. */
static gboolean
add_link (DomuimgOciMerge *self, const char *path, const char *target, GError **error)
{
  File *file = find_target (self, target);
  DomuimgEntry entry = { .path = (char *) path, .type = DOMUIMG_ENTRY_HARD_LINK };
  Name *name;

  if (file == NULL)
    return FALSE;
  if (g_str_equal (path, target))
    return TRUE;
  /* Replacing the name must not be the end of the file. */
  name = make_name (self, &entry, error);
  if (name == NULL)
    return FALSE;
  give_file (name, file);
  return TRUE;
}

static gboolean
is_whiteout (const char *path)
{
  const char *slash = strrchr (path, '/');

  return g_str_has_prefix (slash != NULL ? slash + 1 : path, DOMUIMG_WHITEOUT);
}

static File *
new_file (DomuimgOciMerge *self, const DomuimgEntry *entry, guint index)
{
  File *file = g_new0 (File, 1);

  file->layer = this_layer (self) - 1;
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
  File *file = NULL;
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

static char *
path_of (const Name *name)
{
  GString *path = g_string_new (name->name);

  while (name->parent->parent != name->parent)
    {
      name = name->parent;
      g_string_prepend_c (path, '/');
      g_string_prepend (path, name->name);
    }
  return g_string_free (path, FALSE);
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
  const File *file = entries != NULL && index < entries->len ? g_ptr_array_index (entries, index) : NULL;
  GPtrArray *names;

  if (file == NULL || file->names->len == 0)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < file->names->len; i++)
    g_ptr_array_add (names, path_of (g_ptr_array_index (file->names, i)));
  g_ptr_array_sort (names, compare_texts);
  return names;
}

gboolean
domuimg_oci_merge_has_file (DomuimgOciMerge *self, const char *path)
{
  const char *last;
  guint hops = 0;
  Name *parent = find_parent (self, path, FALSE, &last);
  Name *known = parent != NULL ? g_hash_table_lookup (parent->children, last) : NULL;

  while (known != NULL && known->children == NULL && known->file->type == DOMUIMG_ENTRY_SYMLINK)
    {
      const char *target = known->file->target;
      const char *slash = strrchr (target, '/');
      g_autofree char *directory = g_strndup (target, slash != NULL ? (gsize) (slash - target) : 0);

      if (++hops > HOPS_MAX)
        return FALSE;
      parent = walk (self, *target == '/' ? self->root : known->parent, directory, FALSE, &hops);
      known = parent != NULL ? g_hash_table_lookup (parent->children, slash != NULL ? slash + 1 : target) : NULL;
    }
  return known != NULL && known->children == NULL;
}

GPtrArray *
domuimg_oci_merge_list (DomuimgOciMerge *self, const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  guint hops = 0;
  Name *directory = walk (self, self->root, path, FALSE, &hops);
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
      const File *file = g_ptr_array_index (self->files, i);

      if (file->names->len == 0)
        continue;
      *entries += file->names->len;
      *data_bytes += file->data_bytes;
      *other_bytes += file->other_bytes;
    }
}
