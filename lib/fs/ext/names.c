/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Remembers the names that a writer has seen, and their inodes. */
#include "config.h"
#include "lib/fs/ext/names.h"

#include <string.h>

static guint
name_hash (gconstpointer key)
{
  const DomuimgExtName *self = key;

  return g_str_hash (self->name) ^ g_direct_hash (self->parent);
}

static gboolean
name_equal (gconstpointer a, gconstpointer b)
{
  const DomuimgExtName *one = a, *other = b;

  return one->parent == other->parent && g_str_equal (one->name, other->name);
}

static void
name_free (gpointer data)
{
  g_slice_free (DomuimgExtName, data);
}

DomuimgExtNames *
domuimg_ext_names_new (void)
{
  DomuimgExtNames *self = g_new0 (DomuimgExtNames, 1);

  self->table = g_hash_table_new_full (name_hash, name_equal, name_free, NULL);
  self->strings = g_string_chunk_new (64 * 1024);
  self->root = g_slice_new0 (DomuimgExtName);
  self->root->name = "";
  self->root->type = DOMUIMG_ENTRY_DIRECTORY;
  self->root->ino = EXT2_ROOT_INO;
  return self;
}

void
domuimg_ext_names_free (DomuimgExtNames *self)
{
  g_hash_table_unref (self->table);
  g_string_chunk_free (self->strings);
  name_free (self->root);
  g_free (self);
}

DomuimgExtName *
domuimg_ext_names_lookup_in (DomuimgExtNames *self, DomuimgExtName *parent, const char *name,
                             gsize length)
{
  char buffer[EXT2_NAME_LEN + 1];
  DomuimgExtName key = { .parent = parent, .name = buffer };

  if (length > EXT2_NAME_LEN)
    return NULL;
  memcpy (buffer, name, length);
  buffer[length] = '\0';
  return g_hash_table_lookup (self->table, &key);
}

DomuimgExtName *
domuimg_ext_names_lookup (DomuimgExtNames *self, const char *path)
{
  DomuimgExtName *at = self->root;

  while (at != NULL && *path != '\0')
    {
      gsize length = strcspn (path, "/");

      at = domuimg_ext_names_lookup_in (self, at, path, length);
      path += length;
      path += *path == '/';
    }
  return at;
}

DomuimgExtName *
domuimg_ext_names_add (DomuimgExtNames *self, DomuimgExtName *parent, const char *name,
                       gsize length, DomuimgEntryType type, ext2_ino_t ino)
{
  DomuimgExtName *added = g_slice_new0 (DomuimgExtName);

  added->parent = parent;
  added->name = g_string_chunk_insert_len (self->strings, name, length);
  added->type = type;
  added->ino = ino;
  if (parent->last != NULL)
    parent->last->next = added;
  else
    parent->children = added;
  parent->last = added;
  parent->subdirs += type == DOMUIMG_ENTRY_DIRECTORY;
  g_hash_table_add (self->table, added);
  return added;
}
