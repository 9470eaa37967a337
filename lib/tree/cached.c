/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree that remembers what another one has said of its entries. */
#include "config.h"
#include "lib/tree/cached.h"

#include "lib/tree/faults.h"

struct _DomuimgTreeCached {
  GObject parent_instance;

  DomuimgTree *inner;
  GHashTable *entries; /* path -> DomuimgEntry, NULL where there is nothing */
  GHashTable *lists;   /* path -> GStrv */
};

static void domuimg_tree_cached_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeCached, domuimg_tree_cached, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_cached_iface_init))

static void
entry_free (gpointer data)
{
  if (data != NULL)
    domuimg_entry_free (data);
}

static void
domuimg_tree_cached_init (DomuimgTreeCached *self)
{
  self->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, entry_free);
  self->lists
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_strfreev);
}

static void
domuimg_tree_cached_finalize (GObject *object)
{
  DomuimgTreeCached *self = DOMUIMG_TREE_CACHED (object);

  g_hash_table_unref (self->entries);
  g_hash_table_unref (self->lists);
  g_clear_object (&self->inner);
  G_OBJECT_CLASS (domuimg_tree_cached_parent_class)->finalize (object);
}

static void
domuimg_tree_cached_class_init (DomuimgTreeCachedClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_cached_finalize;
}

DomuimgTree *
domuimg_tree_cached_new (DomuimgTree *inner)
{
  DomuimgTreeCached *self = g_object_new (DOMUIMG_TYPE_TREE_CACHED, NULL);

  self->inner = g_object_ref (inner);
  return DOMUIMG_TREE (self);
}

static DomuimgEntry *
cached_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeCached *self = DOMUIMG_TREE_CACHED (tree);
  g_autoptr (GError) local = NULL;
  gpointer known = NULL;

  if (!g_hash_table_lookup_extended (self->entries, path, NULL, &known))
    {
      known = domuimg_tree_backend_stat (self->inner, path, &local);
      if (known == NULL && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
      g_hash_table_insert (self->entries, g_strdup (path), known);
    }
  if (known != NULL)
    return domuimg_entry_copy (known);
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "there is no /%s", path);
  return NULL;
}

static char **
cached_list (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeCached *self = DOMUIMG_TREE_CACHED (tree);
  char **names = g_hash_table_lookup (self->lists, path);

  if (names == NULL)
    {
      names = domuimg_tree_backend_list (self->inner, path, error);
      if (names == NULL)
        return NULL;
      g_hash_table_insert (self->lists, g_strdup (path), names);
    }
  return g_strdupv (names);
}

static gssize
cached_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
                GError **error)
{
  return domuimg_tree_backend_read_at (DOMUIMG_TREE_CACHED (tree)->inner, path, offset, buffer,
                                       length, error);
}

static gboolean
refuse (GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "this root is only read");
}

static gboolean
cached_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  return refuse (error);
}

static gboolean
cached_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
               GError **error)
{
  return refuse (error);
}

static gboolean
cached_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  return refuse (error);
}

static gboolean
cached_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  return refuse (error);
}

static gboolean
cached_remove (DomuimgTree *tree, const char *path, GError **error)
{
  return refuse (error);
}

static void
domuimg_tree_cached_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = cached_stat;
  iface->list = cached_list;
  iface->read_at = cached_read_at;
  iface->put = cached_put;
  iface->put_fd = cached_put_fd;
  iface->set_attributes = cached_set_attributes;
  iface->link = cached_link;
  iface->remove = cached_remove;
}
