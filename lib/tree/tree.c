/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/tree/tree.h"

#include <errno.h>
#include <string.h>

#include "lib/base/buffer.h"
#include "lib/base/fd.h"
#include "lib/tree/faults.h"

/* The kernel's MAXSYMLINKS. */
#define MAX_SYMLINKS 40
#define TEXT_MAX ((gsize) 4 * 1024 * 1024)
#define PIECE ((gsize) 256 * 1024)

G_DEFINE_INTERFACE (DomuimgTree, domuimg_tree, G_TYPE_OBJECT)

static void
domuimg_tree_default_init (DomuimgTreeInterface *iface)
{
}

static GQuark
time_quark (void)
{
  return g_quark_from_static_string ("domuimg-tree-time");
}

DomuimgTime
domuimg_build_time (void)
{
  const char *epoch = g_getenv ("SOURCE_DATE_EPOCH");
  gint64 now = g_get_real_time ();
  gint64 given;

  if (epoch != NULL && g_ascii_string_to_signed (epoch, 10, 0, G_MAXINT64, &given, NULL))
    return (DomuimgTime){ given, 0 };
  return (DomuimgTime){ now / G_USEC_PER_SEC, (guint32) (now % G_USEC_PER_SEC) * 1000 };
}

void
domuimg_tree_set_time (DomuimgTree *self, DomuimgTime time)
{
  g_object_set_qdata_full (G_OBJECT (self), time_quark (), g_memdup2 (&time, sizeof time),
                           g_free);
}

DomuimgTime
domuimg_tree_get_time (DomuimgTree *self)
{
  DomuimgTime *time = g_object_get_qdata (G_OBJECT (self), time_quark ());

  return time != NULL ? *time : domuimg_build_time ();
}

/* A path on its way to what it means: @done has no symlinks in it, @todo is still to be
 * looked at, its next component last. */
typedef struct {
  DomuimgTree *tree;
  const char *whole; /* for messages */
  GString *done;
  GPtrArray *todo;
  guint links;
  GPtrArray *passed; /* (nullable) of char *: the links on the way */
} Resolver;

static void
push_components (Resolver *self, const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  for (guint i = g_strv_length (names); i > 0; i--)
    g_ptr_array_add (self->todo, g_strdup (names[i - 1]));
}

static void
drop_last_component (GString *path)
{
  const char *slash = strrchr (path->str, '/');

  g_string_truncate (path, slash != NULL ? (gsize) (slash - path->str) : 0);
}

static gboolean
follow (Resolver *self, const DomuimgEntry *link, GError **error)
{
  if (++self->links > MAX_SYMLINKS)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s: more than %d symbolic links, probably in a circle", self->whole,
                         MAX_SYMLINKS);
  if (link->target == NULL || link->target[0] == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "/%s: the symbolic link /%s has no target", self->whole, link->path);
  if (self->passed != NULL)
    g_ptr_array_add (self->passed, g_strdup (link->path));
  if (link->target[0] == '/')
    g_string_truncate (self->done, 0);
  else
    drop_last_component (self->done);
  push_components (self, link->target);
  return TRUE;
}

/* @done is what has just been reached; more may follow it. */
static gboolean
look_at (Resolver *self, gboolean follow_last, GError **error)
{
  gboolean last = self->todo->len == 0;
  g_autoptr (GError) local = NULL;

  if (last && !follow_last)
    return TRUE;
  g_autoptr (DomuimgEntry) entry
      = domuimg_tree_backend_stat (self->tree, self->done->str, &local);
  if (entry == NULL)
    {
      if (last && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (entry->type == DOMUIMG_ENTRY_SYMLINK)
    return follow (self, entry, error);
  if (!last && entry->type != DOMUIMG_ENTRY_DIRECTORY)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "/%s: /%s is not a directory",
                         self->whole, self->done->str);
  return TRUE;
}

static gboolean
resolve_all (Resolver *self, gboolean follow_last, GError **error)
{
  while (self->todo->len > 0)
    {
      g_autofree char *name = g_ptr_array_steal_index (self->todo, self->todo->len - 1);

      if (name[0] == '\0' || g_str_equal (name, "."))
        continue;
      if (g_str_equal (name, ".."))
        {
          /* Only out of a symlink. At the root it stays there, as chroot(2) has it. */
          drop_last_component (self->done);
          continue;
        }
      if (self->done->len > 0)
        g_string_append_c (self->done, '/');
      g_string_append (self->done, name);
      if (!look_at (self, follow_last, error))
        return FALSE;
    }
  return TRUE;
}

static char *
resolve (DomuimgTree *tree, const char *path, gboolean follow_last, GPtrArray *passed,
         GError **error)
{
  g_autofree char *normal = domuimg_path_normalise (path, error);

  if (normal == NULL)
    return NULL;
  g_autoptr (GString) done = g_string_new (NULL);
  g_autoptr (GPtrArray) todo = g_ptr_array_new_with_free_func (g_free);
  Resolver self = { tree, normal, done, todo, 0, passed };

  push_components (&self, normal);
  if (!resolve_all (&self, follow_last, error))
    return NULL;
  /* Targets are foreign: what they lead to must keep to the limits of a path, too. */
  return domuimg_path_normalise (done->str, error);
}

char *
domuimg_tree_resolve (DomuimgTree *self, const char *path, GError **error)
{
  return resolve (self, path, TRUE, NULL, error);
}

char *
domuimg_tree_resolve_links (DomuimgTree *self, const char *path, GPtrArray *links, GError **error)
{
  return resolve (self, path, TRUE, links, error);
}

char *
domuimg_tree_resolve_parents (DomuimgTree *self, const char *path, GError **error)
{
  return resolve (self, path, FALSE, NULL, error);
}

DomuimgEntry *
domuimg_tree_stat (DomuimgTree *self, const char *path, GError **error)
{
  g_autofree char *real = resolve (self, path, FALSE, NULL, error);

  if (real == NULL)
    return NULL;
  return domuimg_tree_backend_stat (self, real, error);
}

DomuimgEntry *
domuimg_tree_stat_follow (DomuimgTree *self, const char *path, GError **error)
{
  g_autofree char *real = resolve (self, path, TRUE, NULL, error);

  if (real == NULL)
    return NULL;
  return domuimg_tree_backend_stat (self, real, error);
}

gboolean
domuimg_tree_exists (DomuimgTree *self, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self, path, NULL);

  return entry != NULL;
}

gboolean
domuimg_tree_is_dir (DomuimgTree *self, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self, path, NULL);

  return entry != NULL && entry->type == DOMUIMG_ENTRY_DIRECTORY;
}

gboolean
domuimg_tree_is_executable (DomuimgTree *self, const char *path)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self, path, NULL);

  return entry != NULL && entry->type == DOMUIMG_ENTRY_FILE && (entry->mode & 0111) != 0;
}

char **
domuimg_tree_list (DomuimgTree *self, const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self, path, &local);

  if (g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    return g_new0 (char *, 1);
  if (entry == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  if (entry->type != DOMUIMG_ENTRY_DIRECTORY)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "/%s is not a directory", entry->path);
      return NULL;
    }
  return domuimg_tree_backend_list (self, entry->path, error);
}

/* The entry of the file that @path means. */
static DomuimgEntry *
stat_file (DomuimgTree *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self, path, error);

  if (entry == NULL)
    return NULL;
  if (entry->type != DOMUIMG_ENTRY_FILE)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "/%s is not a regular file",
                    entry->path);
      return NULL;
    }
  return g_steal_pointer (&entry);
}

/* Nothing is known of what is in it then, as of what cannot be read. */
static gboolean
give_up (DomuimgTree *self, const char *path, GError *local, GError **error)
{
  domuimg_tree_add_fault (self, path, local);
  g_propagate_error (error, local);
  return FALSE;
}

static gboolean
fail_too_large (DomuimgTree *self, const char *path, gsize max, GError **error)
{
  GError *local = NULL;

  domuimg_fail (&local, DOMUIMG_ERROR_CORRUPT_INPUT,
                "/%s is too large: more than %" G_GSIZE_FORMAT " bytes", path, max);
  return give_up (self, path, local, error);
}

/* At most @max bytes. */
static gboolean
read_whole (DomuimgTree *self, const char *path, gsize max, DomuimgBuffer *bytes, GError **error)
{
  g_autoptr (DomuimgEntry) entry = stat_file (self, path, error);
  GError *local = NULL;
  gssize got = 1;

  if (entry == NULL)
    return FALSE;
  /* The size is only a hint: a file of a live root grows, one in /proc says 0. */
  gsize piece = (gsize) CLAMP (entry->size, 4096, PIECE);
  while (got > 0)
    {
      if (!domuimg_buffer_reserve (bytes, piece, entry->path, &local))
        return give_up (self, entry->path, local, error);
      got = domuimg_tree_backend_read_at (self, entry->path, bytes->length,
                                          bytes->data + bytes->length, piece, error);
      if (got < 0)
        return FALSE;
      bytes->length += (gsize) got;
      if (bytes->length > max)
        return fail_too_large (self, entry->path, max, error);
    }
  return TRUE;
}

GBytes *
domuimg_tree_read (DomuimgTree *self, const char *path, gsize max, GError **error)
{
  g_auto (DomuimgBuffer) bytes = { NULL };
  gsize length;
  guint8 *data;

  /* What is larger than this is read in pieces. */
  if (!read_whole (self, path, MIN (max, G_MAXINT32), &bytes, error))
    return NULL;
  data = domuimg_buffer_steal (&bytes, &length);
  return g_bytes_new_take (data, length);
}

char *
domuimg_tree_read_text (DomuimgTree *self, const char *path, GError **error)
{
  g_auto (DomuimgBuffer) bytes = { NULL };

  return read_whole (self, path, TEXT_MAX, &bytes, error)
             ? (char *) domuimg_buffer_steal (&bytes, NULL)
             : NULL;
}

gssize
domuimg_tree_read_at (DomuimgTree *self, const char *path, guint64 offset, void *buffer,
                      gsize length, GError **error)
{
  g_autoptr (DomuimgEntry) entry = stat_file (self, path, error);

  if (entry == NULL)
    return -1;
  return domuimg_tree_backend_read_at (self, entry->path, offset, buffer, length, error);
}

gboolean
domuimg_tree_copy_out (DomuimgTree *self, const char *path, int fd, GCancellable *cancellable,
                       GError **error)
{
  g_autoptr (DomuimgEntry) entry = stat_file (self, path, error);
  g_autofree guint8 *buffer = g_malloc (PIECE);
  guint64 offset = 0;
  gssize got;

  if (entry == NULL)
    return FALSE;
  do
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      got = domuimg_tree_backend_read_at (self, entry->path, offset, buffer, PIECE, error);
      if (got < 0)
        return FALSE;
      if (!domuimg_write_all (fd, buffer, (gsize) got))
        return domuimg_set_errno (error, errno, "/%s: writing a copy of it", entry->path);
      offset += (guint64) got;
    }
  while (got > 0);
  return TRUE;
}
