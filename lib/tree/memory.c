/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/memory.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/compare.h"

/* What a name stands for; several names may share one. */
typedef struct {
  DomuimgEntry *entry; /* its path is not used: a file has no one name */
  GBytes *content;     /* of a file */
  GHashTable *names;   /* of a directory: a set of char * */
} Node;

struct _DomuimgTreeMemory {
  GObject parent_instance;

  GHashTable *nodes; /* from normalised path to Node; flat, so that nothing recurses */
  guint64 last_ino;
};

static void domuimg_tree_memory_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeMemory, domuimg_tree_memory, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_memory_iface_init))

static void
node_clear (gpointer data)
{
  Node *self = data;

  domuimg_entry_free (self->entry);
  g_clear_pointer (&self->content, g_bytes_unref);
  g_clear_pointer (&self->names, g_hash_table_unref);
}

static void
node_release (gpointer data)
{
  g_rc_box_release_full (data, node_clear);
}

static Node *
node_new (DomuimgTreeMemory *tree, const DomuimgEntry *entry, GBytes *content)
{
  Node *self = g_rc_box_new0 (Node);

  self->entry = domuimg_entry_copy (entry);
  self->entry->ino = ++tree->last_ino;
  self->entry->nlink = 1;
  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      self->content = content != NULL ? g_bytes_ref (content) : g_bytes_new (NULL, 0);
      self->entry->size = g_bytes_get_size (self->content);
    }
  self->entry->allocated = self->entry->size;
  if (entry->type == DOMUIMG_ENTRY_DIRECTORY)
    self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
domuimg_tree_memory_finalize (GObject *object)
{
  DomuimgTreeMemory *self = DOMUIMG_TREE_MEMORY (object);

  g_hash_table_unref (self->nodes);
  G_OBJECT_CLASS (domuimg_tree_memory_parent_class)->finalize (object);
}

static void
domuimg_tree_memory_class_init (DomuimgTreeMemoryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_memory_finalize;
}

static void
domuimg_tree_memory_init (DomuimgTreeMemory *self)
{
  g_autoptr (DomuimgEntry) root = domuimg_entry_new ("", DOMUIMG_ENTRY_DIRECTORY, 0755);

  self->nodes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, node_release);
  root->mtime = domuimg_tree_get_time (DOMUIMG_TREE (self));
  g_hash_table_insert (self->nodes, g_strdup (""), node_new (self, root, NULL));
}

DomuimgTree *
domuimg_tree_memory_new (void)
{
  return g_object_new (DOMUIMG_TYPE_TREE_MEMORY, NULL);
}

static Node *
find (DomuimgTree *tree, const char *path, GError **error)
{
  Node *node = g_hash_table_lookup (DOMUIMG_TREE_MEMORY (tree)->nodes, path);

  if (node == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "/%s is not there", path);
  return node;
}

static Node *
find_of_type (DomuimgTree *tree, const char *path, DomuimgEntryType type, GError **error)
{
  Node *node = find (tree, path, error);

  if (node != NULL && node->entry->type != type)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "/%s is not a %s", path,
                    type == DOMUIMG_ENTRY_DIRECTORY ? "directory" : "regular file");
      return NULL;
    }
  return node;
}

static Node *
find_parent (DomuimgTree *tree, const char *path, GError **error)
{
  const char *slash = strrchr (path, '/');
  g_autofree char *parent = slash != NULL ? g_strndup (path, (gsize) (slash - path))
                                          : g_strdup ("");

  return find_of_type (tree, parent, DOMUIMG_ENTRY_DIRECTORY, error);
}

static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash != NULL ? slash + 1 : path;
}

static DomuimgEntry *
memory_stat (DomuimgTree *tree, const char *path, GError **error)
{
  Node *node = find (tree, path, error);

  if (node == NULL)
    return NULL;
  DomuimgEntry *entry = domuimg_entry_copy (node->entry);
  g_free (entry->path);
  entry->path = g_strdup (path);
  return entry;
}

static char **
memory_list (DomuimgTree *tree, const char *path, GError **error)
{
  Node *node = find_of_type (tree, path, DOMUIMG_ENTRY_DIRECTORY, error);
  GHashTableIter iter;
  gpointer name;
  guint n = 0;

  if (node == NULL)
    return NULL;
  char **names = g_new0 (char *, g_hash_table_size (node->names) + 1);
  g_hash_table_iter_init (&iter, node->names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    names[n++] = g_strdup (name);
  qsort (names, n, sizeof *names, domuimg_compare_strings);
  return names;
}

static gssize
memory_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
                GError **error)
{
  Node *node = find_of_type (tree, path, DOMUIMG_ENTRY_FILE, error);
  gsize size;

  if (node == NULL)
    return -1;
  const guint8 *data = g_bytes_get_data (node->content, &size);
  if (offset >= size)
    return 0;
  length = MIN (length, size - (gsize) offset);
  memcpy (buffer, data + offset, length);
  return (gssize) length;
}

/* @entry's attributes over @node's, which stays what it is. */
static void
take_attributes (Node *node, const DomuimgEntry *entry)
{
  DomuimgEntry *mine = domuimg_entry_copy (entry);
  DomuimgEntry *old = node->entry;

  mine->type = old->type;
  mine->size = old->size;
  mine->allocated = old->allocated;
  mine->dev_major = old->dev_major;
  mine->dev_minor = old->dev_minor;
  mine->ino = old->ino;
  mine->nlink = old->nlink;
  g_free (mine->target);
  mine->target = g_steal_pointer (&old->target);
  /* A symlink's permissions are nothing that could be changed. */
  if (old->type == DOMUIMG_ENTRY_SYMLINK)
    mine->mode = old->mode;
  domuimg_entry_free (old);
  node->entry = mine;
}

static gboolean
memory_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  Node *node = find (tree, entry->path, error);

  if (node == NULL)
    return FALSE;
  take_attributes (node, entry);
  return TRUE;
}

static gboolean
memory_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeMemory *self = DOMUIMG_TREE_MEMORY (tree);
  Node *node = find (tree, path, error);

  if (node == NULL)
    return FALSE;
  if (node->names != NULL && g_hash_table_size (node->names) > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_EXISTS, "/%s: the directory is not empty", path);
  node->entry->nlink--;
  Node *parent = find_parent (tree, path, error);
  if (parent == NULL)
    return FALSE;
  g_hash_table_remove (parent->names, base_name (path));
  g_hash_table_remove (self->nodes, path);
  return TRUE;
}

/* Gives @node the name @path; takes @node. */
static gboolean
add_name (DomuimgTree *tree, const char *path, Node *node, GError **error)
{
  Node *parent = find_parent (tree, path, error);

  if (parent == NULL)
    {
      node_release (node);
      return FALSE;
    }
  g_hash_table_add (parent->names, g_strdup (base_name (path)));
  g_hash_table_insert (DOMUIMG_TREE_MEMORY (tree)->nodes, g_strdup (path), node);
  return TRUE;
}

static gboolean
memory_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgTreeMemory *self = DOMUIMG_TREE_MEMORY (tree);
  Node *there = g_hash_table_lookup (self->nodes, entry->path);

  if (there != NULL && there->names != NULL)
    return memory_set_attributes (tree, entry, error);
  if (there != NULL && !memory_remove (tree, entry->path, error))
    return FALSE;
  return add_name (tree, entry->path, node_new (self, entry, content), error);
}

static gboolean
memory_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
               GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[65536];
  gssize got;

  while ((got = read (fd, buffer, sizeof buffer)) != 0)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "/%s: reading what is to be in it", entry->path);
      if (bytes->len > G_MAXINT32)
        return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                             "/%s: too large to be held in memory", entry->path);
      g_byte_array_append (bytes, buffer, (guint) got);
    }
  g_autoptr (GBytes) content = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  return memory_put (tree, entry, content, error);
}

static gboolean
memory_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  Node *node = find (tree, target, error);

  if (node == NULL)
    return FALSE;
  if (!add_name (tree, path, g_rc_box_acquire (node), error))
    return FALSE;
  node->entry->nlink++;
  return TRUE;
}

static void
domuimg_tree_memory_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = memory_stat;
  iface->list = memory_list;
  iface->read_at = memory_read_at;
  iface->put = memory_put;
  iface->put_fd = memory_put_fd;
  iface->set_attributes = memory_set_attributes;
  iface->link = memory_link;
  iface->remove = memory_remove;
}
