/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers a FAT filesystem as a tree. */
#include "config.h"
#include "lib/fs/fat/tree.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/compare.h"
#include "lib/fs/fat/directory.h"

/* What the longest directory takes, and the largest file. */
#define DIRECTORY_MAX ((guint64) 2 << 20)
#define FILE_MAX ((guint64) 1 << 30)
/* This is how Linux shows them by default. */
#define MODE 0755

struct _DomuimgTreeFat {
  GObject parent_instance;

  DomuimgFat *fat;
};

static void domuimg_tree_fat_tree_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeFat, domuimg_tree_fat, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_fat_tree_init))

static void
domuimg_tree_fat_finalize (GObject *object)
{
  DomuimgTreeFat *self = DOMUIMG_TREE_FAT (object);

  g_clear_pointer (&self->fat, domuimg_fat_free);
  G_OBJECT_CLASS (domuimg_tree_fat_parent_class)->finalize (object);
}

static void
domuimg_tree_fat_class_init (DomuimgTreeFatClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_fat_finalize;
}

static void
domuimg_tree_fat_init (DomuimgTreeFat *self)
{
}

DomuimgTree *
domuimg_tree_fat_open (DomuimgRegion *region, gboolean writable, GError **error)
{
  g_autoptr (DomuimgFat) fat = domuimg_fat_new (region, error);
  DomuimgTreeFat *self;

  if (fat == NULL)
    return NULL;
  self = g_object_new (DOMUIMG_TYPE_TREE_FAT, NULL);
  self->fat = g_steal_pointer (&fat);
  return DOMUIMG_TREE (self);
}

gboolean
domuimg_tree_fat_flush (DomuimgTreeFat *self, GError **error)
{
  return domuimg_fat_flush (self->fat, error);
}

/* A directory that is open. */
typedef struct {
  guint32 first;
  gboolean is_root;
  GByteArray *bytes;
  GPtrArray *entries;
} Directory;

static void
directory_clear (Directory *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Directory, directory_clear)

static gboolean
load (DomuimgFat *fat, guint32 first, Directory *into, GError **error)
{
  directory_clear (into);
  into->is_root = first == fat->root;
  into->first = first;
  into->bytes = domuimg_fat_read (fat, first, into->is_root, DIRECTORY_MAX, error);
  if (into->bytes != NULL)
    into->entries = domuimg_fat_parse_directory (into->bytes);
  return into->bytes != NULL;
}

static gboolean
not_there (DomuimgFat *fat, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: /%s does not exist", fat->region->name,
                       path);
}

/* Opens the directory with @path in it, whose last part *@name becomes; the root has none. */
static gboolean
open_parent (DomuimgFat *fat, const char *path, Directory *into, const char **name,
             GError **error)
{
  const char *at = path;

  if (!load (fat, fat->root, into, error))
    return FALSE;
  for (const char *slash; (slash = strchr (at, '/')) != NULL; at = slash + 1)
    {
      g_autofree char *part = g_strndup (at, slash - at);
      const DomuimgFatEntry *entry = domuimg_fat_find_entry (into->entries, part);

      if (entry == NULL || !entry->is_directory)
        return not_there (fat, path, error);
      if (!load (fat, entry->first, into, error))
        return FALSE;
    }
  *name = at;
  return TRUE;
}

/* The entry at @path, which is not the root; it is of @into. */
static DomuimgFatEntry *
look_up (DomuimgFat *fat, const char *path, Directory *into, GError **error)
{
  const char *name;
  DomuimgFatEntry *entry;

  if (!open_parent (fat, path, into, &name, error))
    return NULL;
  entry = domuimg_fat_find_entry (into->entries, name);
  if (entry == NULL)
    not_there (fat, path, error);
  return entry;
}

static DomuimgEntry *
fat_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgFat *fat = DOMUIMG_TREE_FAT (tree)->fat;
  g_auto (Directory) directory = { 0 };
  const DomuimgFatEntry *found;
  DomuimgEntry *entry;

  if (*path == '\0')
    return domuimg_entry_new (path, DOMUIMG_ENTRY_DIRECTORY, MODE);
  found = look_up (fat, path, &directory, error);
  if (found == NULL)
    return NULL;
  entry = domuimg_entry_new (
      path, found->is_directory ? DOMUIMG_ENTRY_DIRECTORY : DOMUIMG_ENTRY_FILE, MODE);
  entry->size = found->is_directory ? 0 : found->size;
  entry->allocated = entry->size;
  entry->mtime.sec = found->mtime;
  return entry;
}

static char **
fat_list (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgFat *fat = DOMUIMG_TREE_FAT (tree)->fat;
  g_auto (Directory) directory = { 0 };
  guint32 first = fat->root;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (*path != '\0')
    {
      const DomuimgFatEntry *entry = look_up (fat, path, &directory, error);

      if (entry == NULL)
        return NULL;
      if (!entry->is_directory)
        {
          domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: /%s is not a directory",
                        fat->region->name, path);
          return NULL;
        }
      first = entry->first;
    }
  if (!load (fat, first, &directory, error))
    return NULL;
  for (guint i = 0; i < directory.entries->len; i++)
    g_ptr_array_add (names,
                     g_strdup (((DomuimgFatEntry *) directory.entries->pdata[i])->name));
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static gssize
fat_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
             GError **error)
{
  DomuimgFat *fat = DOMUIMG_TREE_FAT (tree)->fat;
  g_auto (Directory) directory = { 0 };
  const DomuimgFatEntry *entry = look_up (fat, path, &directory, error);

  if (entry == NULL)
    return -1;
  if (entry->is_directory)
    {
      domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: /%s is a directory",
                    fat->region->name, path);
      return -1;
    }
  if (offset >= entry->size)
    return 0;
  return domuimg_fat_read_at (fat, entry->first, offset, buffer,
                              MIN (length, entry->size - offset), error);
}

static gboolean
save (DomuimgFat *fat, const Directory *directory, GError **error)
{
  return domuimg_fat_rewrite (fat, directory->first, directory->is_root, directory->bytes, error);
}

/* Replaces what has the name; the new content is whole before the old goes. */
static gboolean
replace (DomuimgFat *fat, Directory *directory, const DomuimgFatEntry *old, DomuimgFatEntry *entry,
         GError **error)
{
  if (old != NULL)
    domuimg_fat_remove_entry (directory->bytes, old);
  if (!domuimg_fat_add_entry (directory->bytes, entry, error) || !save (fat, directory, error))
    {
      domuimg_fat_release (fat, entry->first);
      return FALSE;
    }
  if (old != NULL)
    domuimg_fat_release (fat, old->first);
  return TRUE;
}

/* The first cluster of the new directory's parent is said to be 0 where that is the root. */
static gboolean
store_directory (DomuimgFat *fat, const Directory *parent, DomuimgFatEntry *entry, GError **error)
{
  g_autoptr (GByteArray) empty = domuimg_fat_new_directory (0, 0, entry->mtime);
  g_autoptr (GByteArray) bytes = NULL;

  if (!domuimg_fat_store (fat, empty->data, empty->len, &entry->first, error))
    return FALSE;
  bytes = domuimg_fat_new_directory (entry->first, parent->is_root ? 0 : parent->first,
                                     entry->mtime);
  return domuimg_fat_rewrite (fat, entry->first, FALSE, bytes, error);
}

static gboolean
fat_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgFat *fat = DOMUIMG_TREE_FAT (tree)->fat;
  g_auto (Directory) directory = { 0 };
  DomuimgFatEntry new = { .is_directory = entry->type == DOMUIMG_ENTRY_DIRECTORY,
                          .mtime = entry->mtime.sec };
  const DomuimgFatEntry *old;
  const char *name;
  gsize size = 0;
  gconstpointer data = content != NULL ? g_bytes_get_data (content, &size) : NULL;

  if (*entry->path == '\0')
    return TRUE;
  if ((!new.is_directory && entry->type != DOMUIMG_ENTRY_FILE) || size > G_MAXUINT32)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: a FAT filesystem can have only directories and files below 4 GiB, and"
                         " /%s is something else",
                         fat->region->name, entry->path);
  if (!open_parent (fat, entry->path, &directory, &name, error))
    return FALSE;
  old = domuimg_fat_find_entry (directory.entries, name);
  if (old != NULL && old->is_directory)
    return new.is_directory
           || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: /%s is a directory",
                            fat->region->name, entry->path);
  new.name = (char *) name;
  new.size = size;
  if (new.is_directory ? !store_directory (fat, &directory, &new, error)
                       : !domuimg_fat_store (fat, data, size, &new.first, error))
    return FALSE;
  return replace (fat, &directory, old, &new, error);
}

static gboolean
fat_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
            GError **error)
{
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GBytes) content = NULL;
  guint8 buffer[65536];
  gssize got;

  while ((got = read (fd, buffer, sizeof buffer)) > 0 && all->len <= FILE_MAX)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      g_byte_array_append (all, buffer, got);
    }
  if (got < 0)
    return domuimg_set_errno (error, errno, "reading what is to be /%s", entry->path);
  if (got > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "/%s is too large for a FAT filesystem here", entry->path);
  content = g_byte_array_free_to_bytes (g_steal_pointer (&all));
  return fat_put (tree, entry, content, error);
}

/* It has no owners, no modes and no attributes; a file's time is that of its content. */
static gboolean
fat_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  g_autoptr (DomuimgEntry) there = fat_stat (tree, entry->path, error);

  return there != NULL;
}

static gboolean
fat_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "/%s cannot be another name of /%s: a FAT filesystem has no hard links", path,
                       target);
}

static gboolean
fat_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgFat *fat = DOMUIMG_TREE_FAT (tree)->fat;
  g_auto (Directory) directory = { 0 };
  g_auto (Directory) inside = { 0 };
  const DomuimgFatEntry *entry = look_up (fat, path, &directory, error);

  if (entry == NULL
      || (entry->is_directory && !load (fat, entry->first, &inside, error)))
    return FALSE;
  if (inside.entries != NULL && inside.entries->len > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: /%s is not empty",
                         fat->region->name, path);
  domuimg_fat_remove_entry (directory.bytes, entry);
  if (!save (fat, &directory, error))
    return FALSE;
  domuimg_fat_release (fat, entry->first);
  return TRUE;
}

static void
domuimg_tree_fat_tree_init (DomuimgTreeInterface *iface)
{
  iface->stat = fat_stat;
  iface->list = fat_list;
  iface->read_at = fat_read_at;
  iface->put = fat_put;
  iface->put_fd = fat_put_fd;
  iface->set_attributes = fat_set_attributes;
  iface->link = fat_link;
  iface->remove = fat_remove;
}
