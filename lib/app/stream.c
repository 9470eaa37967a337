/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of an application as a stream. */
#include "config.h"
#include "lib/app/stream.h"

#include <string.h>

#include "lib/tree/faults.h"

#define PIECE ((gsize) 256 << 10)

/* A directory that is only there for what is in it has no file of the closure. */
typedef struct {
  DomuimgEntry *entry;
  DomuimgAppFile *file; /* (unowned) (nullable) */
} Item;

struct _DomuimgAppStream {
  GObject parent_instance;

  DomuimgTree *tree;
  GPtrArray *items; /* (element-type Item) */
  guint next;
  Item *item;       /* (unowned) (nullable) the current one */
  guint64 offset;
  GChecksum *checksum; /* (nullable) of the current file */
  guint8 *buffer;
};

static void domuimg_app_stream_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgAppStream, domuimg_app_stream, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_app_stream_stream_init))

static void
item_free (gpointer data)
{
  Item *self = data;

  domuimg_entry_free (self->entry);
  g_free (self);
}

static void
domuimg_app_stream_finalize (GObject *object)
{
  DomuimgAppStream *self = DOMUIMG_APP_STREAM (object);

  g_ptr_array_unref (self->items);
  g_clear_pointer (&self->checksum, g_checksum_free);
  g_free (self->buffer);
  g_clear_object (&self->tree);
  G_OBJECT_CLASS (domuimg_app_stream_parent_class)->finalize (object);
}

static void
domuimg_app_stream_class_init (DomuimgAppStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_app_stream_finalize;
}

static void
domuimg_app_stream_init (DomuimgAppStream *self)
{
  self->items = g_ptr_array_new_with_free_func (item_free);
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(Item *const *) a)->entry->path, (*(Item *const *) b)->entry->path);
}

static void
add_item (DomuimgAppStream *self, GHashTable *seen, DomuimgEntry *entry, DomuimgAppFile *file)
{
  Item *item = g_new0 (Item, 1);

  item->entry = entry;
  item->file = file;
  g_hash_table_add (seen, entry->path);
  g_ptr_array_add (self->items, item);
}

/* The directory @path and those that it is in; one that a rule makes may lie in one that is not there. */
static gboolean
add_directory (DomuimgAppStream *self, GHashTable *seen, const char *path, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr (GError) local = NULL;
  DomuimgEntry *entry;

  if (g_hash_table_contains (seen, path))
    return TRUE;
  entry = domuimg_tree_backend_stat (self->tree, path, &local);
  if (entry == NULL && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      entry = domuimg_entry_new (path, DOMUIMG_ENTRY_DIRECTORY, 0755);
      entry->mtime = domuimg_tree_get_time (self->tree);
    }
  else if (entry == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  add_item (self, seen, entry, NULL);
  return *path == '\0' || add_directory (self, seen, g_str_equal (parent, ".") ? "" : parent, error);
}

/* Further names of a file that comes anyway. Numbers of inodes are those of one filesystem, and the
 * tree may have several: so more has to be the same. */
static void
find_hard_links (DomuimgAppStream *self)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->items->len; i++)
    {
      Item *item = g_ptr_array_index (self->items, i);
      DomuimgEntry *entry = item->entry;
      g_autofree char *key = NULL;
      const char *first;

      if (entry->type != DOMUIMG_ENTRY_FILE || entry->nlink < 2 || entry->ino == 0)
        continue;
      key = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT " %u",
                             entry->ino, entry->size, entry->mtime.sec, entry->mtime.nsec);
      first = g_hash_table_lookup (names, key);
      if (first == NULL)
        {
          g_hash_table_insert (names, g_steal_pointer (&key), entry->path);
          continue;
        }
      entry->type = DOMUIMG_ENTRY_HARD_LINK;
      entry->target = g_strdup (first);
    }
}

DomuimgStream *
domuimg_app_stream_new (DomuimgClosure *closure, GError **error)
{
  g_autoptr (DomuimgAppStream) self = g_object_new (DOMUIMG_TYPE_APP_STREAM, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  const GPtrArray *files = domuimg_closure_get_files (closure);

  self->tree = g_object_ref (domuimg_closure_get_tree (closure));
  for (guint i = 0; i < files->len; i++)
    {
      DomuimgAppFile *file = g_ptr_array_index (files, i);

      add_item (self, seen, domuimg_entry_copy (file->entry), file);
    }
  for (guint i = 0; i < files->len; i++)
    {
      const DomuimgAppFile *file = g_ptr_array_index (files, i);
      g_autofree char *parent = g_path_get_dirname (file->entry->path);

      if (!add_directory (self, seen, g_str_equal (parent, ".") ? "" : parent, error))
        return NULL;
    }
  g_ptr_array_sort (self->items, compare_items);
  find_hard_links (self);
  self->buffer = g_malloc (PIECE);
  return DOMUIMG_STREAM (g_steal_pointer (&self));
}

static void
end_file (DomuimgAppStream *self)
{
  if (self->checksum == NULL)
    return;
  if (self->item->file != NULL && self->offset >= self->item->entry->size)
    {
      g_free (self->item->file->sha256);
      self->item->file->sha256 = g_strdup (g_checksum_get_string (self->checksum));
    }
  g_clear_pointer (&self->checksum, g_checksum_free);
}

static const DomuimgEntry *
app_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgAppStream *self = DOMUIMG_APP_STREAM (stream);

  end_file (self);
  self->item = NULL;
  if (self->next >= self->items->len || g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  self->item = g_ptr_array_index (self->items, self->next++);
  self->offset = 0;
  if (self->item->entry->type == DOMUIMG_ENTRY_FILE)
    self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  return self->item->entry;
}

static const GArray *
app_get_ranges (DomuimgStream *stream)
{
  return NULL;
}

/* A file that became shorter since it was looked at would leave its entry wrong. */
static gssize
read_piece (DomuimgAppStream *self, GError **error)
{
  const DomuimgEntry *entry = self->item->entry;
  guint64 left = entry->size - self->offset;
  GBytes *content = self->item->file != NULL ? self->item->file->content : NULL;
  gsize length = MIN (left, PIECE);
  gssize got;

  if (content != NULL)
    {
      memcpy (self->buffer, (const guint8 *) g_bytes_get_data (content, NULL) + self->offset, length);
      return (gssize) length;
    }
  got = domuimg_tree_backend_read_at (self->tree, entry->path, self->offset, self->buffer, length,
                                      error);
  if (got == 0)
    {
      domuimg_fail (error, DOMUIMG_ERROR_IO, "/%s became shorter while it was read", entry->path);
      return -1;
    }
  return got;
}

static gssize
app_read (DomuimgStream *stream, const void **data, guint64 *offset, GError **error)
{
  DomuimgAppStream *self = DOMUIMG_APP_STREAM (stream);
  gssize got;

  if (self->item->entry->type != DOMUIMG_ENTRY_FILE || self->offset >= self->item->entry->size)
    return 0;
  got = read_piece (self, error);
  if (got < 0)
    return -1;
  g_checksum_update (self->checksum, self->buffer, got);
  *data = self->buffer;
  *offset = self->offset;
  self->offset += (guint64) got;
  return got;
}

static double
app_get_fraction (DomuimgStream *stream)
{
  DomuimgAppStream *self = DOMUIMG_APP_STREAM (stream);

  return self->items->len > 0 ? (double) self->next / self->items->len : 1;
}

static void
domuimg_app_stream_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = app_next;
  iface->get_ranges = app_get_ranges;
  iface->read = app_read;
  iface->get_fraction = app_get_fraction;
}
