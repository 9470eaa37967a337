/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a directory tree as a stream of entries. */
#include "config.h"
#include "lib/source/dir.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (256 * 1024)

/* A directory that is being gone through. */
typedef struct {
  char *path;
  char **names;
  guint next;
} Level;

struct _DomuimgDirStream {
  GObject parent_instance;

  DomuimgTree *tree;
  DomuimgExcludes *excludes;
  gboolean with_data;
  GPtrArray *levels;
  GHashTable *links; /* inode -> path, of files with several names */
  DomuimgEntry *entry;
  gboolean started;
  int fd;
  guint64 offset;
  GArray *ranges;
  guint8 *buffer;
};

static void domuimg_dir_stream_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgDirStream, domuimg_dir_stream, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_dir_stream_stream_init))

static void
level_free (gpointer data)
{
  Level *level = data;

  g_free (level->path);
  g_strfreev (level->names);
  g_free (level);
}

static void
close_file (DomuimgDirStream *self)
{
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->ranges, g_array_unref);
}

static void
domuimg_dir_stream_finalize (GObject *object)
{
  DomuimgDirStream *self = DOMUIMG_DIR_STREAM (object);

  close_file (self);
  g_clear_object (&self->tree);
  g_ptr_array_unref (self->levels);
  g_hash_table_unref (self->links);
  g_clear_pointer (&self->entry, domuimg_entry_free);
  g_free (self->buffer);
  G_OBJECT_CLASS (domuimg_dir_stream_parent_class)->finalize (object);
}

static void
domuimg_dir_stream_class_init (DomuimgDirStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_dir_stream_finalize;
}

static void
domuimg_dir_stream_init (DomuimgDirStream *self)
{
  self->levels = g_ptr_array_new_with_free_func (level_free);
  self->links = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->fd = -1;
}

DomuimgStream *
domuimg_dir_stream_new (DomuimgTreeDir *tree, DomuimgExcludes *excludes, gboolean with_data)
{
  DomuimgDirStream *self = g_object_new (DOMUIMG_TYPE_DIR_STREAM, NULL);

  self->tree = DOMUIMG_TREE (g_object_ref (tree));
  self->excludes = excludes;
  self->with_data = with_data;
  if (with_data)
    self->buffer = g_malloc (PIECE);
  return DOMUIMG_STREAM (self);
}

/* The path of the next file, or NULL at the end. */
static char *
next_path (DomuimgDirStream *self)
{
  while (self->levels->len > 0)
    {
      Level *level = g_ptr_array_index (self->levels, self->levels->len - 1);
      const char *name = level->names[level->next];
      g_autofree char *path = NULL;

      if (name == NULL)
        {
          g_ptr_array_remove_index (self->levels, self->levels->len - 1);
          continue;
        }
      level->next++;
      path = *level->path != '\0' ? g_strconcat (level->path, "/", name, NULL) : g_strdup (name);
      if (!domuimg_excludes_match (self->excludes, path))
        return g_steal_pointer (&path);
    }
  return NULL;
}

static gboolean
enter (DomuimgDirStream *self, const char *path, GError **error)
{
  g_auto (GStrv) names = domuimg_tree_list (self->tree, path, error);
  Level *level;

  if (names == NULL)
    return FALSE;
  level = g_new0 (Level, 1);
  level->path = g_strdup (path);
  level->names = g_steal_pointer (&names);
  g_ptr_array_add (self->levels, level);
  return TRUE;
}

/* A further name of a file that has come already. */
static void
find_hard_link (DomuimgDirStream *self, DomuimgEntry *entry)
{
  gint64 ino = entry->ino;
  const char *first;

  if (entry->type == DOMUIMG_ENTRY_DIRECTORY || entry->nlink < 2)
    return;
  first = g_hash_table_lookup (self->links, &ino);
  if (first == NULL)
    {
      g_hash_table_insert (self->links, g_memdup2 (&ino, sizeof ino), g_strdup (entry->path));
      return;
    }
  entry->type = DOMUIMG_ENTRY_HARD_LINK;
  g_free (entry->target);
  entry->target = g_strdup (first);
}

static void
find_ranges (DomuimgDirStream *self, guint64 size)
{
  off_t at = 0;

  self->ranges = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  while ((guint64) at < size)
    {
      off_t data = lseek (self->fd, at, SEEK_DATA);
      off_t hole = data >= 0 ? lseek (self->fd, data, SEEK_HOLE) : -1;
      DomuimgRange range;

      if (data < 0 || hole < 0 || (guint64) data >= size)
        break;
      range = (DomuimgRange){ data, MIN ((guint64) hole, size) - data };
      g_array_append_val (self->ranges, range);
      at = hole;
    }
  if (lseek (self->fd, 0, SEEK_SET) < 0)
    g_array_set_size (self->ranges, 0);
}

static gboolean
open_file (DomuimgDirStream *self, DomuimgEntry *entry, GError **error)
{
  struct stat status;

  self->offset = 0;
  self->fd = domuimg_tree_dir_open_file (DOMUIMG_TREE_DIR (self->tree), entry->path, error);
  if (self->fd < 0)
    return FALSE;
  if (fstat (self->fd, &status) != 0)
    return domuimg_set_errno (error, errno, "looking at /%s", entry->path);
  /* It may have grown since it was looked at. */
  entry->size = status.st_size;
  if ((guint64) status.st_blocks * 512 < entry->size)
    find_ranges (self, entry->size);
  return TRUE;
}

/* One entry; NULL without an error where it is gone or is not to be copied. */
static DomuimgEntry *
read_entry (DomuimgDirStream *self, const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, path, &local);
  gboolean ok = entry != NULL;

  if (ok)
    find_hard_link (self, entry);
  if (ok && entry->type == DOMUIMG_ENTRY_DIRECTORY)
    ok = enter (self, path, &local);
  else if (ok && entry->type == DOMUIMG_ENTRY_FILE)
    ok = open_file (self, entry, &local);
  if (ok)
    return g_steal_pointer (&entry);
  if (!g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

static const DomuimgEntry *
dir_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgDirStream *self = DOMUIMG_DIR_STREAM (stream);
  g_autoptr (GError) local = NULL;

  for (;;)
    {
      g_autofree char *path = self->started ? next_path (self) : g_strdup ("");

      close_file (self);
      g_clear_pointer (&self->entry, domuimg_entry_free);
      if (path == NULL || g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      self->entry = read_entry (self, path, &local);
      self->started = TRUE;
      if (self->entry != NULL)
        return self->entry;
      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return NULL;
        }
    }
}

static const GArray *
dir_get_ranges (DomuimgStream *stream)
{
  return DOMUIMG_DIR_STREAM (stream)->ranges;
}

/* The end of the data range that holds @offset; moves @offset over a hole. */
static guint64
range_end (DomuimgDirStream *self, guint64 *offset)
{
  for (guint i = 0; self->ranges != NULL && i < self->ranges->len; i++)
    {
      const DomuimgRange *range = &g_array_index (self->ranges, DomuimgRange, i);

      if (*offset < range->offset + range->length)
        {
          *offset = MAX (*offset, range->offset);
          return range->offset + range->length;
        }
    }
  return self->ranges != NULL ? *offset : self->entry->size;
}

static gssize
dir_read (DomuimgStream *stream, const void **data, guint64 *offset, GError **error)
{
  DomuimgDirStream *self = DOMUIMG_DIR_STREAM (stream);
  guint64 end = range_end (self, &self->offset);
  gssize length;

  if (!self->with_data || self->offset >= end)
    return 0;
  length = TEMP_FAILURE_RETRY (
      pread (self->fd, self->buffer, MIN (PIECE, end - self->offset), self->offset));
  if (length < 0)
    {
      domuimg_set_errno (error, errno, "reading /%s", self->entry->path);
      return -1;
    }
  *data = self->buffer;
  *offset = self->offset;
  self->offset += length;
  return length;
}

static double
dir_get_fraction (DomuimgStream *stream)
{
  return -1;
}

static void
domuimg_dir_stream_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = dir_next;
  iface->get_ranges = dir_get_ranges;
  iface->read = dir_read;
  iface->get_fraction = dir_get_fraction;
}
