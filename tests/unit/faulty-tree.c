/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/faulty-tree.h"

#include <errno.h>

struct _FaultyTree {
  GObject parent_instance;

  DomuimgTree *inner;
  GPtrArray *log;
  char *broken;
};

static void faulty_tree_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FaultyTree, faulty_tree, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE, faulty_tree_iface_init))

static void
faulty_tree_finalize (GObject *object)
{
  FaultyTree *self = FAULTY_TREE (object);

  g_object_unref (self->inner);
  g_ptr_array_unref (self->log);
  g_free (self->broken);
  G_OBJECT_CLASS (faulty_tree_parent_class)->finalize (object);
}

static void
faulty_tree_class_init (FaultyTreeClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = faulty_tree_finalize;
}

static void
faulty_tree_init (FaultyTree *self)
{
  self->log = g_ptr_array_new_with_free_func (g_free);
}

/* TRUE with an error where it is what is broken. */
static gboolean
is_broken (DomuimgTree *tree, const char *what, const char *path, GError **error)
{
  g_autofree char *call = g_strconcat (what, " ", path, NULL);

  if (g_strcmp0 (FAULTY_TREE (tree)->broken, call) != 0)
    return FALSE;
  domuimg_set_errno (error, EIO, "a sector");
  return TRUE;
}

static void
note (DomuimgTree *tree, const char *what, const char *path)
{
  GPtrArray *log = FAULTY_TREE (tree)->log;
  g_autofree char *call = g_strconcat (what, " ", path, NULL);

  if (!g_ptr_array_find_with_equal_func (log, call, g_str_equal, NULL))
    g_ptr_array_add (log, g_steal_pointer (&call));
}

static DomuimgEntry *
faulty_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgEntry *entry;

  if (is_broken (tree, "stat", path, error))
    return NULL;
  entry = domuimg_tree_stat (FAULTY_TREE (tree)->inner, path, error);
  if (entry != NULL)
    note (tree, "stat", path);
  return entry;
}

static char **
faulty_list (DomuimgTree *tree, const char *path, GError **error)
{
  if (is_broken (tree, "list", path, error))
    return NULL;
  note (tree, "list", path);
  return domuimg_tree_list (FAULTY_TREE (tree)->inner, path, error);
}

static gssize
faulty_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
                GError **error)
{
  if (is_broken (tree, "read", path, error))
    return -1;
  note (tree, "read", path);
  return domuimg_tree_read_at (FAULTY_TREE (tree)->inner, path, offset, buffer, length, error);
}

static gboolean
faulty_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  return domuimg_tree_put (FAULTY_TREE (tree)->inner, entry, content, error);
}

static gboolean
faulty_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
               GError **error)
{
  return domuimg_tree_put_fd (FAULTY_TREE (tree)->inner, entry, fd, cancellable, error);
}

static gboolean
faulty_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  return domuimg_tree_set_attributes (FAULTY_TREE (tree)->inner, entry, error);
}

static gboolean
faulty_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  return domuimg_tree_link (FAULTY_TREE (tree)->inner, target, path, error);
}

static gboolean
faulty_remove (DomuimgTree *tree, const char *path, GError **error)
{
  return domuimg_tree_remove (FAULTY_TREE (tree)->inner, path, error);
}

static void
faulty_tree_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = faulty_stat;
  iface->list = faulty_list;
  iface->read_at = faulty_read_at;
  iface->put = faulty_put;
  iface->put_fd = faulty_put_fd;
  iface->set_attributes = faulty_set_attributes;
  iface->link = faulty_link;
  iface->remove = faulty_remove;
}

DomuimgTree *
faulty_tree_new (DomuimgTree *inner)
{
  FaultyTree *self = g_object_new (TYPE_FAULTY_TREE, NULL);

  self->inner = g_object_ref (inner);
  return DOMUIMG_TREE (self);
}

GPtrArray *
faulty_tree_get_log (FaultyTree *self)
{
  return self->log;
}

void
faulty_tree_break (FaultyTree *self, const char *what)
{
  g_free (self->broken);
  self->broken = g_strdup (what);
}
