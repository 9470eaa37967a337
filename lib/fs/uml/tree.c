/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers a filesystem that User-mode Linux mounts as a tree. */
#include "config.h"
#include "lib/fs/uml/machine.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How many entries are remembered; then all are asked for again. */
#define SEEN_MAX 200000
/* What is read ahead of a file that is read in small pieces. */
#define AHEAD ((gsize) 256 * 1024)

struct _DomuimgTreeUml {
  GObject parent_instance;

  DomuimgUml *uml;
  DomuimgUmlMount *mount; /* (nullable) closed */
  gboolean writable;
  GDestroyNotify done; /* (nullable) */
  gpointer user_data;
  /* The piece of a file that was read last. */
  char *piece_path;
  guint64 piece_offset;
  GBytes *piece;
};

static void domuimg_tree_uml_iface_init (DomuimgTreeInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTreeUml, domuimg_tree_uml, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_TREE,
                                                      domuimg_tree_uml_iface_init))

gboolean
domuimg_tree_uml_close (DomuimgTreeUml *self, GError **error)
{
  if (self->mount == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
  return domuimg_uml_release (self->uml, g_steal_pointer (&self->mount), error);
}

static void
drop_piece (DomuimgTreeUml *self)
{
  g_clear_pointer (&self->piece_path, g_free);
  g_clear_pointer (&self->piece, g_bytes_unref);
}

static void
domuimg_tree_uml_finalize (GObject *object)
{
  DomuimgTreeUml *self = DOMUIMG_TREE_UML (object);

  if (self->mount != NULL)
    domuimg_uml_release (self->uml, self->mount, NULL);
  drop_piece (self);
  if (self->done != NULL)
    self->done (self->user_data);
  G_OBJECT_CLASS (domuimg_tree_uml_parent_class)->finalize (object);
}

static void
domuimg_tree_uml_class_init (DomuimgTreeUmlClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tree_uml_finalize;
}

static void
domuimg_tree_uml_init (DomuimgTreeUml *self)
{
}

DomuimgTree *
domuimg_tree_uml_open (DomuimgUml *uml, const DomuimgUmlPlace *place, gboolean writable,
                       GDestroyNotify done, gpointer user_data, GError **error)
{
  DomuimgUmlMount *mount = domuimg_uml_mount (uml, place, writable, error);
  DomuimgTreeUml *self;

  if (mount == NULL)
    return NULL;
  self = g_object_new (DOMUIMG_TYPE_TREE_UML, NULL);
  self->uml = uml;
  self->mount = mount;
  self->writable = writable;
  self->done = done;
  self->user_data = user_data;
  return DOMUIMG_TREE (self);
}

static GVariant *
ask (DomuimgTreeUml *self, DomuimgUmlRequest *request, const char *type, GError **error)
{
  if (self->mount == NULL)
    {
      domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
      return NULL;
    }
  request->mount = self->mount->id;
  return domuimg_uml_ask (self->uml, request, type, error);
}

static gboolean
fail_foreign (DomuimgTreeUml *self, const char *path, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "%s: /%s: User-mode Linux, which reads it, gave an answer that cannot be true",
                       domuimg_uml_get_name (self->uml), path);
}

static char *
parent_of (const char *path)
{
  const char *slash = strrchr (path, '/');

  return g_strndup (path, slash != NULL ? (gsize) (slash - path) : 0);
}

/* What is remembered of @path and its directory does not hold after a change; nor does anything of a
 * file that has other names. */
static void
discard (DomuimgTreeUml *self, const char *path)
{
  DomuimgUmlMount *mount = self->mount;
  const DomuimgEntry *seen = g_hash_table_lookup (mount->seen, path);
  char *paths[] = { g_strdup (path), parent_of (path) };

  drop_piece (self);
  if (seen != NULL && seen->type != DOMUIMG_ENTRY_DIRECTORY && seen->nlink > 1)
    domuimg_uml_discard_seen (mount);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_hash_table_remove (mount->seen, paths[i]);
      g_hash_table_add (mount->changed, paths[i]);
    }
}

static void
remember (DomuimgTreeUml *self, const char *path, const DomuimgEntry *entry)
{
  if (g_hash_table_size (self->mount->seen) >= SEEN_MAX)
    domuimg_uml_discard_seen (self->mount);
  g_hash_table_replace (self->mount->seen, g_strdup (path),
                        entry != NULL ? domuimg_entry_copy (entry) : NULL);
  g_hash_table_remove (self->mount->changed, path);
}

/* Anything that @path was asked for meanwhile is remembered, so that of a known directory nothing is
 * but what is remembered or changed. */
static char **
list_directory (DomuimgTreeUml *self, const char *path, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_LIST, .path = (char *) path };
  g_autoptr (GVariant) answer = ask (self, &request, DOMUIMG_UML_ENTRIES, error);
  g_autoptr (GPtrArray) entries = NULL;
  g_auto (GStrv) names = NULL;

  if (answer == NULL)
    return NULL;
  if (!domuimg_uml_entries_read (answer, path, &names, &entries))
    {
      fail_foreign (self, path, error);
      return NULL;
    }
  for (guint i = 0; i < entries->len; i++)
    {
      const DomuimgEntry *entry = g_ptr_array_index (entries, i);

      remember (self, entry->path, entry);
    }
  /* The entries of a larger one, or one that cannot be read in parts, are asked for. */
  if (entries->len == g_strv_length (names))
    g_hash_table_add (self->mount->known, g_strdup (path));
  return g_steal_pointer (&names);
}

static DomuimgEntry *
fail_not_there (DomuimgTreeUml *self, const char *path, GError **error)
{
  domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no such file: /%s",
                domuimg_uml_get_name (self->uml), path);
  return NULL;
}

static DomuimgEntry *
ask_for_one (DomuimgTreeUml *self, const char *path, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_STAT, .path = (char *) path };
  g_autoptr (GError) local = NULL;
  g_autoptr (GVariant) answer = ask (self, &request, DOMUIMG_UML_ENTRY, &local);
  g_autoptr (DomuimgEntry) entry = answer != NULL ? domuimg_uml_entry_read_whole (answer, path) : NULL;

  if (entry != NULL)
    remember (self, path, entry);
  else if (answer != NULL)
    fail_foreign (self, path, error);
  else
    {
      if (self->mount != NULL && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        remember (self, path, NULL);
      g_propagate_error (error, g_steal_pointer (&local));
    }
  return g_steal_pointer (&entry);
}

static DomuimgEntry *
uml_stat (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgTreeUml *self = DOMUIMG_TREE_UML (tree);
  g_autofree char *above = parent_of (path);
  gpointer seen = NULL;

  if (self->mount == NULL || *path == '\0' || g_hash_table_contains (self->mount->changed, path))
    return ask_for_one (self, path, error);
  if (!g_hash_table_lookup_extended (self->mount->seen, path, NULL, &seen)
      && !g_hash_table_contains (self->mount->known, above))
    {
      /* Who asks for one file of a directory asks for more of them. */
      g_auto (GStrv) names = list_directory (self, above, NULL);

      if (names == NULL || !g_hash_table_contains (self->mount->known, above))
        return ask_for_one (self, path, error);
      seen = g_hash_table_lookup (self->mount->seen, path);
    }
  return seen != NULL ? domuimg_entry_copy (seen) : fail_not_there (self, path, error);
}

static char **
uml_list (DomuimgTree *tree, const char *path, GError **error)
{
  return list_directory (DOMUIMG_TREE_UML (tree), path, error);
}

/* NULL on error. */
static GBytes *
read_piece (DomuimgTreeUml *self, const char *path, guint64 offset, gsize length, GError **error)
{
  DomuimgUmlRequest request
      = { DOMUIMG_UML_READ, .path = (char *) path, .offset = offset, .length = length };
  g_autoptr (GVariant) answer = ask (self, &request, "t", error);
  guint64 got;

  if (answer == NULL)
    return NULL;
  got = g_variant_get_uint64 (answer);
  if (got > length)
    {
      fail_foreign (self, path, error);
      return NULL;
    }
  return g_bytes_new (domuimg_uml_get_data (self->uml), got);
}

static gboolean
is_in_piece (DomuimgTreeUml *self, const char *path, guint64 offset)
{
  return self->piece != NULL && g_strcmp0 (self->piece_path, path) == 0
         && offset >= self->piece_offset
         && offset - self->piece_offset < g_bytes_get_size (self->piece);
}

static gssize
uml_read_at (DomuimgTree *tree, const char *path, guint64 offset, void *buffer, gsize length,
             GError **error)
{
  DomuimgTreeUml *self = DOMUIMG_TREE_UML (tree);
  GBytes *piece;
  gsize at, size;

  if (self->mount == NULL || !is_in_piece (self, path, offset))
    {
      piece = read_piece (self, path, offset, CLAMP (length, AHEAD, DOMUIMG_UML_DATA), error);
      drop_piece (self);
      if (piece == NULL)
        return -1;
      self->piece = piece;
      self->piece_path = g_strdup (path);
      self->piece_offset = offset;
    }
  at = (gsize) (offset - self->piece_offset);
  size = MIN (g_bytes_get_size (self->piece) - at, length);
  if (size > 0)
    memcpy (buffer, (const guint8 *) g_bytes_get_data (self->piece, NULL) + at, size);
  return (gssize) size;
}

/* Before a change: what was remembered may not hold after it. */
static gboolean
begin_change (DomuimgTreeUml *self, const char *path, GError **error)
{
  if (self->mount == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "the filesystem is closed already");
  if (!self->writable)
    return domuimg_fail (error, DOMUIMG_ERROR_PERMISSION, "%s was opened to be read only",
                         domuimg_uml_get_name (self->uml));
  discard (self, path);
  return domuimg_uml_get_data (self->uml) != NULL
         || domuimg_fail (error, DOMUIMG_ERROR_TOOL_FAILED, "%s: User-mode Linux has ended",
                          domuimg_uml_get_name (self->uml));
}

static gboolean
change (DomuimgTreeUml *self, DomuimgUmlRequest *request, GError **error)
{
  g_autoptr (GVariant) answer = NULL;

  if (!begin_change (self, request->path, error))
    {
      if (request->extra != NULL)
        g_variant_unref (g_variant_ref_sink (request->extra));
      return FALSE;
    }
  answer = ask (self, request, "b", error);
  return answer != NULL;
}

static gboolean
send_piece (DomuimgTreeUml *self, guint64 length, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_PIECE, .length = length };
  g_autoptr (GVariant) answer = ask (self, &request, "b", error);

  return answer != NULL;
}

/* Bytes from whoever has them: 0 at the end, -1 on error. */
typedef gssize (*Next) (gpointer source, guint8 *buffer, GCancellable *cancellable,
                        GError **error);

static gboolean
send_all (DomuimgTreeUml *self, Next next, gpointer source, GCancellable *cancellable,
          GError **error)
{
  gssize got;

  do
    {
      got = next (source, domuimg_uml_get_data (self->uml), cancellable, error);
      if (got < 0)
        {
          /* What it answers to that, is that it was given up. */
          send_piece (self, G_MAXUINT64, NULL);
          return FALSE;
        }
      if (!send_piece (self, (guint64) got, error))
        return FALSE;
    }
  while (got > 0);
  return TRUE;
}

static gboolean
put_in_pieces (DomuimgTreeUml *self, const DomuimgEntry *entry, Next next, gpointer source,
               GCancellable *cancellable, GError **error)
{
  DomuimgUmlRequest request = {
    DOMUIMG_UML_PUT,
    .path = entry->path,
    .length = G_MAXUINT64,
    .extra = domuimg_uml_entry_write (entry, ""),
  };

  return change (self, &request, error)
         && send_all (self, next, source, cancellable, error);
}

typedef struct {
  const guint8 *data;
  gsize left;
} Memory;

static gssize
next_of_memory (gpointer source, guint8 *buffer, GCancellable *cancellable, GError **error)
{
  Memory *self = source;
  gsize size = MIN (self->left, DOMUIMG_UML_DATA);

  memcpy (buffer, self->data, size);
  self->data += size;
  self->left -= size;
  return (gssize) size;
}

static gssize
next_of_fd (gpointer source, guint8 *buffer, GCancellable *cancellable, GError **error)
{
  gssize got;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  got = TEMP_FAILURE_RETRY (read (*(int *) source, buffer, DOMUIMG_UML_DATA));
  if (got < 0)
    domuimg_set_errno (error, errno, "reading a file to copy");
  return got;
}

static gboolean
uml_put (DomuimgTree *tree, const DomuimgEntry *entry, GBytes *content, GError **error)
{
  DomuimgTreeUml *self = DOMUIMG_TREE_UML (tree);
  gsize size = 0;
  const void *data = content != NULL ? g_bytes_get_data (content, &size) : NULL;
  Memory memory = { data, size };
  DomuimgUmlRequest request = { DOMUIMG_UML_PUT, .path = entry->path, .length = size };

  if (entry->type == DOMUIMG_ENTRY_FILE && size > DOMUIMG_UML_DATA)
    return put_in_pieces (self, entry, next_of_memory, &memory, NULL, error);
  if (!begin_change (self, entry->path, error))
    return FALSE;
  request.extra = domuimg_uml_entry_write (entry, "");
  if (size > 0)
    memcpy (domuimg_uml_get_data (self->uml), data, size);
  return change (self, &request, error);
}

static gboolean
uml_put_fd (DomuimgTree *tree, const DomuimgEntry *entry, int fd, GCancellable *cancellable,
            GError **error)
{
  return put_in_pieces (DOMUIMG_TREE_UML (tree), entry, next_of_fd, &fd, cancellable, error);
}

static gboolean
uml_set_attributes (DomuimgTree *tree, const DomuimgEntry *entry, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_SET_ATTRIBUTES, .path = entry->path,
                                .extra = domuimg_uml_entry_write (entry, "") };

  return change (DOMUIMG_TREE_UML (tree), &request, error);
}

static gboolean
uml_link (DomuimgTree *tree, const char *target, const char *path, GError **error)
{
  DomuimgUmlRequest request
      = { DOMUIMG_UML_LINK, .path = (char *) target, .target = (char *) path };

  if (DOMUIMG_TREE_UML (tree)->mount != NULL)
    discard (DOMUIMG_TREE_UML (tree), path);
  return change (DOMUIMG_TREE_UML (tree), &request, error);
}

static gboolean
uml_remove (DomuimgTree *tree, const char *path, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_REMOVE, .path = (char *) path };

  return change (DOMUIMG_TREE_UML (tree), &request, error);
}

gboolean
domuimg_tree_uml_flush (DomuimgTreeUml *self, GError **error)
{
  DomuimgUmlRequest request = { DOMUIMG_UML_SYNC };
  g_autoptr (GVariant) answer = NULL;

  if (!self->writable)
    return TRUE;
  answer = ask (self, &request, "b", error);
  return answer != NULL;
}

static void
domuimg_tree_uml_iface_init (DomuimgTreeInterface *iface)
{
  iface->stat = uml_stat;
  iface->list = uml_list;
  iface->read_at = uml_read_at;
  iface->put = uml_put;
  iface->put_fd = uml_put_fd;
  iface->set_attributes = uml_set_attributes;
  iface->link = uml_link;
  iface->remove = uml_remove;
}
