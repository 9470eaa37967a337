/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens the root that an application is taken from. */
#include "config.h"
#include "lib/source/app-root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/guest/root.h"
#include "lib/source/file-kind.h"
#include "lib/source/tar.h"
#include "lib/tree/dir.h"
#include "lib/tree/memory.h"

/* An archive is unpacked in memory. */
#define ARCHIVE_MAX ((guint64) 2 << 30)

struct _DomuimgAppRoot {
  DomuimgTree *tree;
  DomuimgGuestRoot *guest; /* (nullable) whose tree it is */
};

static GBytes *
read_content (DomuimgStream *stream, const DomuimgEntry *entry, guint64 *left, GError **error)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  const void *data;
  guint64 offset;
  gssize got;

  if (entry->size > *left)
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                    "an archive of more than %u GiB is not unpacked in memory: unpack it, and name the"
                    " directory",
                    (guint) (ARCHIVE_MAX >> 30));
      return NULL;
    }
  g_byte_array_set_size (content, (guint) entry->size);
  if (content->len > 0)
    memset (content->data, 0, content->len);
  while ((got = domuimg_stream_read (stream, &data, &offset, error)) > 0)
    if (offset <= content->len && (gsize) got <= content->len - offset)
      memcpy (content->data + offset, data, (gsize) got);
  if (got < 0)
    return NULL;
  *left -= content->len;
  return g_byte_array_free_to_bytes (g_steal_pointer (&content));
}

static gboolean
put_entry (DomuimgTree *tree, DomuimgStream *stream, const DomuimgEntry *entry, guint64 *left,
           GError **error)
{
  g_autofree char *parent = g_path_get_dirname (entry->path);
  g_autoptr (GBytes) content = NULL;

  if (!g_str_equal (parent, ".") && !domuimg_tree_mkdir_p (tree, parent, 0755, error))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK)
    return domuimg_tree_link (tree, entry->target, entry->path, error);
  if (entry->type == DOMUIMG_ENTRY_FILE)
    {
      content = read_content (stream, entry, left, error);
      if (content == NULL)
        return FALSE;
    }
  return domuimg_tree_put (tree, entry, content, error);
}

static gboolean
unpack (DomuimgTree *tree, DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  guint64 left = ARCHIVE_MAX;
  g_autoptr (GError) local = NULL;
  const DomuimgEntry *entry;

  while ((entry = domuimg_stream_next (stream, cancellable, &local)) != NULL)
    if (!put_entry (tree, stream, entry, &left, error))
      return FALSE;
  if (local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
open_archive (DomuimgAppRoot *self, const char *path, GCancellable *cancellable, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC);
  g_autoptr (DomuimgStream) stream = NULL;

  if (fd < 0)
    return domuimg_set_errno (error, errno, "opening %s", path);
  stream = domuimg_tar_new (fd, path, NULL, NULL, error);
  if (stream == NULL)
    return FALSE;
  self->tree = domuimg_tree_memory_new ();
  return unpack (self->tree, stream, cancellable, error);
}

static gboolean
open_image (DomuimgAppRoot *self, const char *path, GError **error)
{
  self->guest = domuimg_guest_root_open (path, error);
  if (self->guest == NULL)
    return FALSE;
  self->tree = g_object_ref (self->guest->tree);
  return TRUE;
}

/* What is known not to be an archive of a root is taken for an image. */
static gboolean
open_file (DomuimgAppRoot *self, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *other = domuimg_file_kind_explain (path, DOMUIMG_WANTED_ROOT, TRUE);

  return other == NULL ? open_archive (self, path, cancellable, error)
                       : open_image (self, path, error);
}

DomuimgAppRoot *
domuimg_app_root_open (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (DomuimgAppRoot) self = g_new0 (DomuimgAppRoot, 1);
  struct stat status;

  if (stat (path, &status) != 0)
    {
      domuimg_set_errno (error, errno, "opening the root %s", path);
      return NULL;
    }
  if (S_ISDIR (status.st_mode))
    {
      self->tree = domuimg_tree_dir_new (path, error);
      return self->tree != NULL ? g_steal_pointer (&self) : NULL;
    }
  return open_file (self, path, cancellable, error) ? g_steal_pointer (&self) : NULL;
}

void
domuimg_app_root_free (DomuimgAppRoot *self)
{
  g_clear_object (&self->tree);
  g_clear_pointer (&self->guest, domuimg_guest_root_free);
  g_free (self);
}

DomuimgTree *
domuimg_app_root_get_tree (DomuimgAppRoot *self)
{
  return self->tree;
}
