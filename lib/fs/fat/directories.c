/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keeps directories of a FAT filesystem that were read: a path leads through the same ones again and
 * again, and a directory of 2 MiB has 65536 names. */
#include "config.h"
#include "lib/fs/fat/directories.h"

/* What the longest directory takes. */
#define DIRECTORY_MAX ((guint64) 2 << 20)
/* Bytes of directories that are kept. */
#define KEPT_MAX ((gsize) 4 << 20)

struct _DomuimgFatDirectories {
  DomuimgFat *fat;
  GHashTable *kept; /* (element-type guint32 DomuimgFatDirectory) */
  gsize length;     /* bytes of all of them */
};

static void
directory_clear (gpointer data)
{
  DomuimgFatDirectory *self = data;

  g_clear_pointer (&self->bytes, g_byte_array_unref);
  g_clear_pointer (&self->names, g_hash_table_unref);
  g_clear_pointer (&self->entries, g_ptr_array_unref);
}

void
domuimg_fat_directory_unref (DomuimgFatDirectory *self)
{
  g_rc_box_release_full (self, directory_clear);
}

DomuimgFatEntry *
domuimg_fat_directory_find (const DomuimgFatDirectory *self, const char *name)
{
  g_autofree char *folded = g_utf8_casefold (name, -1);

  return g_hash_table_lookup (self->names, folded);
}

/* Where a damaged directory has a name twice, the first one counts. */
static void
take_names (DomuimgFatDirectory *self)
{
  self->names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = self->entries->len; i > 0; i--)
    {
      DomuimgFatEntry *entry = g_ptr_array_index (self->entries, i - 1);

      g_hash_table_replace (self->names, g_utf8_casefold (entry->name, -1), entry);
    }
}

static DomuimgFatDirectory *
directory_read (DomuimgFat *fat, guint32 first, GError **error)
{
  gboolean is_root = first == fat->root;
  GByteArray *bytes = domuimg_fat_read (fat, first, is_root, DIRECTORY_MAX, error);
  DomuimgFatDirectory *self;

  if (bytes == NULL)
    return NULL;
  self = g_rc_box_new0 (DomuimgFatDirectory);
  self->first = first;
  self->is_root = is_root;
  self->bytes = bytes;
  self->entries = domuimg_fat_parse_directory (bytes);
  take_names (self);
  return self;
}

DomuimgFatDirectories *
domuimg_fat_directories_new (DomuimgFat *fat)
{
  DomuimgFatDirectories *self = g_new0 (DomuimgFatDirectories, 1);

  self->fat = fat;
  self->kept = g_hash_table_new_full (NULL, NULL, NULL,
                                      (GDestroyNotify) domuimg_fat_directory_unref);
  return self;
}

void
domuimg_fat_directories_free (DomuimgFatDirectories *self)
{
  g_hash_table_unref (self->kept);
  g_free (self);
}

DomuimgFatDirectory *
domuimg_fat_directories_open (DomuimgFatDirectories *self, guint32 first, GError **error)
{
  DomuimgFatDirectory *found = g_hash_table_lookup (self->kept, GUINT_TO_POINTER (first));

  if (found == NULL)
    {
      found = directory_read (self->fat, first, error);
      if (found == NULL)
        return NULL;
      if (self->length + found->bytes->len > KEPT_MAX)
        domuimg_fat_directories_forget (self);
      self->length += found->bytes->len;
      g_hash_table_insert (self->kept, GUINT_TO_POINTER (first), found);
    }
  return g_rc_box_acquire (found);
}

void
domuimg_fat_directories_forget (DomuimgFatDirectories *self)
{
  g_hash_table_remove_all (self->kept);
  self->length = 0;
}
