/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers a FAT filesystem as a tree. */
#include "config.h"
#include "lib/fs/fat/tree.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/compare.h"
#include "lib/fs/fat/directories.h"

/* What the largest file takes. */
#define FILE_MAX ((guint64) 1 << 30)
/* This is how Linux shows them by default. */
#define MODE 0755

struct _DomuimgTreeFat {
  GObject parent_instance;

  DomuimgFat *fat;
  DomuimgFatDirectories *directories;
};

static void domuimg_tree_fat_tree_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeFat, domuimg_tree_fat, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_fat_tree_init))

static void
domuimg_tree_fat_finalize (GObject *object)
{
  DomuimgTreeFat *self = DOMUIMG_TREE_FAT (object);

  g_clear_pointer (&self->directories, domuimg_fat_directories_free);
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
  self->directories = domuimg_fat_directories_new (self->fat);
  return DOMUIMG_TREE (self);
}

gboolean
domuimg_tree_fat_flush (DomuimgTreeFat *self, GError **error)
{
  return domuimg_fat_flush (self->fat, error);
}

static gboolean
not_there (DomuimgFat *fat, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: /%s does not exist", fat->region->name,
                       path);
}

/* (transfer full) Opens the directory with @path in it, whose last part *@name becomes; the root has none. */
static DomuimgFatDirectory *
open_parent (DomuimgTreeFat *self, const char *path, const char **name, GError **error)
{
  g_autoptr (DomuimgFatDirectory) directory
      = domuimg_fat_directories_open (self->directories, self->fat->root, error);
  const char *at = path;

  for (const char *slash; directory != NULL && (slash = strchr (at, '/')) != NULL; at = slash + 1)
    {
      g_autofree char *part = g_strndup (at, slash - at);
      const DomuimgFatEntry *entry = domuimg_fat_directory_find (directory, part);
      guint32 first = entry != NULL ? entry->first : 0;

      if (entry == NULL || !entry->is_directory)
        {
          not_there (self->fat, path, error);
          return NULL;
        }
      domuimg_fat_directory_unref (directory);
      directory = domuimg_fat_directories_open (self->directories, first, error);
    }
  *name = at;
  return g_steal_pointer (&directory);
}

/* The entry at @path, which is not the root; it is of *@directory (transfer full). */
static DomuimgFatEntry *
look_up (DomuimgTreeFat *self, const char *path, DomuimgFatDirectory **directory, GError **error)
{
  const char *name;
  DomuimgFatEntry *entry;

  *directory = open_parent (self, path, &name, error);
  if (*directory == NULL)
    return NULL;
  entry = domuimg_fat_directory_find (*directory, name);
  if (entry == NULL)
    not_there (self->fat, path, error);
  return entry;
}

static DomuimgEntry *
fat_stat (DomuimgTree *tree, const char *path, GError **error)
{
  g_autoptr (DomuimgFatDirectory) directory = NULL;
  const DomuimgFatEntry *found;
  DomuimgEntry *entry;

  if (*path == '\0')
    return domuimg_entry_new (path, DOMUIMG_ENTRY_DIRECTORY, MODE);
  found = look_up (DOMUIMG_TREE_FAT (tree), path, &directory, error);
  if (found == NULL)
    return NULL;
  entry = domuimg_entry_new (
      path, found->is_directory ? DOMUIMG_ENTRY_DIRECTORY : DOMUIMG_ENTRY_FILE, MODE);
  entry->size = found->is_directory ? 0 : found->size;
  entry->allocated = entry->size;
  entry->mtime.sec = found->mtime;
  return entry;
}

/* (transfer full) */
static DomuimgFatDirectory *
open_directory (DomuimgTreeFat *self, const char *path, GError **error)
{
  g_autoptr (DomuimgFatDirectory) parent = NULL;
  guint32 first = self->fat->root;

  if (*path != '\0')
    {
      const DomuimgFatEntry *entry = look_up (self, path, &parent, error);

      if (entry == NULL)
        return NULL;
      if (!entry->is_directory)
        {
          domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: /%s is not a directory",
                        self->fat->region->name, path);
          return NULL;
        }
      first = entry->first;
    }
  return domuimg_fat_directories_open (self->directories, first, error);
}

static char **
fat_list (DomuimgTree *tree, const char *path, GError **error)
{
  g_autoptr (DomuimgFatDirectory) directory = open_directory (DOMUIMG_TREE_FAT (tree), path, error);
  g_autoptr (GPtrArray) names = NULL;

  if (directory == NULL)
    return NULL;
  names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < directory->entries->len; i++)
    g_ptr_array_add (names,
                     g_strdup (((DomuimgFatEntry *) directory->entries->pdata[i])->name));
  g_ptr_array_sort (names, domuimg_compare_strings);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static gssize
fat_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
             GError **error)
{
  DomuimgFat *fat = DOMUIMG_TREE_FAT (tree)->fat;
  g_autoptr (DomuimgFatDirectory) directory = NULL;
  const DomuimgFatEntry *entry = look_up (DOMUIMG_TREE_FAT (tree), path, &directory, error);

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
save (DomuimgFat *fat, const DomuimgFatDirectory *directory, GError **error)
{
  return domuimg_fat_rewrite (fat, directory->first, directory->is_root, directory->bytes, error);
}

/* Replaces what has the name; the new content is whole before the old goes. */
static gboolean
replace (DomuimgFat *fat, DomuimgFatDirectory *directory, const DomuimgFatEntry *old, DomuimgFatEntry *entry,
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
store_directory (DomuimgFat *fat, const DomuimgFatDirectory *parent, DomuimgFatEntry *entry, GError **error)
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
  DomuimgTreeFat *self = DOMUIMG_TREE_FAT (tree);
  DomuimgFat *fat = self->fat;
  g_autoptr (DomuimgFatDirectory) directory = NULL;
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
  directory = open_parent (self, entry->path, &name, error);
  if (directory == NULL)
    return FALSE;
  old = domuimg_fat_directory_find (directory, name);
  if (old != NULL && old->is_directory)
    return new.is_directory
           || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: /%s is a directory",
                            fat->region->name, entry->path);
  new.name = (char *) name;
  new.size = size;
  domuimg_fat_directories_forget (self->directories);
  if (new.is_directory ? !store_directory (fat, directory, &new, error)
                       : !domuimg_fat_store (fat, data, size, &new.first, error))
    return FALSE;
  return replace (fat, directory, old, &new, error);
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
  DomuimgTreeFat *self = DOMUIMG_TREE_FAT (tree);
  DomuimgFat *fat = self->fat;
  g_autoptr (DomuimgFatDirectory) directory = NULL;
  g_autoptr (DomuimgFatDirectory) inside = NULL;
  const DomuimgFatEntry *entry = look_up (self, path, &directory, error);

  if (entry == NULL)
    return FALSE;
  if (entry->is_directory)
    {
      inside = domuimg_fat_directories_open (self->directories, entry->first, error);
      if (inside == NULL)
        return FALSE;
      if (inside->entries->len > 0)
        return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT, "%s: /%s is not empty",
                             fat->region->name, path);
    }
  domuimg_fat_directories_forget (self->directories);
  domuimg_fat_remove_entry (directory->bytes, entry);
  if (!save (fat, directory, error))
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
