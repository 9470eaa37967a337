/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree with another one mounted in it. */
#include "config.h"
#include "lib/tree/mount.h"

#include <string.h>

struct _DomuimgTreeMount {
  GObject parent_instance;

  DomuimgTree *below;
  DomuimgTree *mounted;
  char *path;
};

static void domuimg_tree_mount_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeMount, domuimg_tree_mount, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_mount_iface_init))

static void
domuimg_tree_mount_finalize (GObject *object)
{
  DomuimgTreeMount *self = DOMUIMG_TREE_MOUNT (object);

  g_clear_object (&self->mounted);
  g_clear_object (&self->below);
  g_free (self->path);
  G_OBJECT_CLASS (domuimg_tree_mount_parent_class)->finalize (object);
}

static void
domuimg_tree_mount_class_init (DomuimgTreeMountClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_mount_finalize;
}

static void
domuimg_tree_mount_init (DomuimgTreeMount *self)
{
}

/* The tree that has @path, and what it calls it. */
static DomuimgTree *
find (DomuimgTreeMount *self, const char *path, const char **inside)
{
  gsize length = strlen (self->path);

  *inside = path;
  if (!g_str_has_prefix (path, self->path) || (path[length] != '\0' && path[length] != '/'))
    return self->below;
  *inside = path[length] == '/' ? path + length + 1 : "";
  return self->mounted;
}

/* Its parents are real directories, so that the tree below resolves no further. */
static DomuimgEntry *
mount_stat (DomuimgTree *tree, const char *path, GError **error)
{
  const char *inside;
  DomuimgTree *own = find (DOMUIMG_TREE_MOUNT (tree), path, &inside);
  DomuimgEntry *entry = domuimg_tree_stat (own, inside, error);

  if (entry == NULL)
    return NULL;
  g_free (entry->path);
  entry->path = g_strdup (path);
  return entry;
}

static char **
mount_list (DomuimgTree *tree, const char *path, GError **error)
{
  const char *inside;
  DomuimgTree *own = find (DOMUIMG_TREE_MOUNT (tree), path, &inside);

  return domuimg_tree_list (own, inside, error);
}

static gssize
mount_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
               GError **error)
{
  const char *inside;
  DomuimgTree *own = find (DOMUIMG_TREE_MOUNT (tree), path, &inside);

  return domuimg_tree_read_at (own, inside, offset, buffer, length, error);
}

/* What is changed inside the mounted tree has its path there. */
static gboolean
mount_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgEntry moved = *entry;
  const char *inside;
  DomuimgTree *own = find (DOMUIMG_TREE_MOUNT (tree), entry->path, &inside);

  moved.path = (char *) inside;
  return domuimg_tree_put (own, &moved, content, error);
}

static gboolean
mount_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
              GError **error)
{
  DomuimgEntry moved = *entry;
  const char *inside;
  DomuimgTree *own = find (DOMUIMG_TREE_MOUNT (tree), entry->path, &inside);

  moved.path = (char *) inside;
  return domuimg_tree_put_fd (own, &moved, fd, cancellable, error);
}

static gboolean
mount_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  DomuimgEntry moved = *entry;
  const char *inside;
  DomuimgTree *own = find (DOMUIMG_TREE_MOUNT (tree), entry->path, &inside);

  moved.path = (char *) inside;
  return domuimg_tree_set_attributes (own, &moved, error);
}

static gboolean
mount_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  DomuimgTreeMount *self = DOMUIMG_TREE_MOUNT (tree);
  const char *inside, *inside_target;
  DomuimgTree *own = find (self, path, &inside);

  if (find (self, target, &inside_target) != own)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "/%s and /%s are on two filesystems, and a file cannot have names on both",
                         target, path);
  return domuimg_tree_link (own, inside_target, inside, error);
}

static gboolean
mount_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeMount *self = DOMUIMG_TREE_MOUNT (tree);
  const char *inside;
  DomuimgTree *own = find (self, path, &inside);

  if (own == self->mounted && *inside == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "/%s: a filesystem is mounted there", path);
  return domuimg_tree_remove (own, inside, error);
}

static void
domuimg_tree_mount_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = mount_stat;
  iface->list = mount_list;
  iface->read_at = mount_read_at;
  iface->put = mount_put;
  iface->put_fd = mount_put_fd;
  iface->set_attributes = mount_set_attributes;
  iface->link = mount_link;
  iface->remove = mount_remove;
}

DomuimgTree *
domuimg_tree_mount_new (DomuimgTree *below, const char *path, DomuimgTree *mounted)
{
  DomuimgTreeMount *self = g_object_new (DOMUIMG_TYPE_TREE_MOUNT, NULL);

  self->below = g_object_ref (below);
  self->mounted = g_object_ref (mounted);
  self->path = g_strdup (path);
  return DOMUIMG_TREE (self);
}
