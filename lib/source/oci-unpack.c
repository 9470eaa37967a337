/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks the archive that an image comes in: files by their names, and links to them. */
#include "config.h"
#include "lib/source/oci-layout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/source/tar.h"

typedef struct {
  const char *name;
  const char *directory;
  GHashTable *links; /* path to what it leads to; both normalised */
} Unpacking;

static gboolean
write_pieces (DomuimgStream *stream, int fd, const char *path, GError **error)
{
  const void *data;
  guint64 offset;
  gssize length;

  while ((length = domuimg_stream_read (stream, &data, &offset, error)) > 0)
    if (!domuimg_pwrite_all (fd, data, length, offset))
      return domuimg_set_errno (error, errno, "writing %s", path);
  return length == 0;
}

static gboolean
unpack_file (Unpacking *self, DomuimgStream *stream, const DomuimgEntry *entry, GError **error)
{
  g_autofree char *path = g_build_filename (self->directory, entry->path, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (DomuimgFd) fd = -1;

  if (g_mkdir_with_parents (parent, 0700) != 0)
    return domuimg_set_errno (error, errno, "making the directory %s", parent);
  fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return domuimg_set_errno (error, errno, "writing %s", path);
  return write_pieces (stream, fd, path, error);
}

/* docker save has a layer twice as a link to the first one: "../ID/layer.tar". */
static gboolean
take_link (Unpacking *self, const DomuimgEntry *entry, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (entry->path);
  g_autofree char *base = g_strconcat ("/", parent, NULL);
  g_autofree char *target = entry->type == DOMUIMG_ENTRY_SYMLINK
                                ? g_canonicalize_filename (entry->target, base)
                                : g_strconcat ("/", entry->target, NULL);
  char *normal = domuimg_path_normalise (target, error);

  if (normal == NULL)
    return FALSE;
  g_hash_table_replace (self->links, g_strdup (entry->path), normal);
  return TRUE;
}

/* Only to files that were unpacked here. */
static gboolean
make_links (Unpacking *self, GError **error)
{
  GHashTableIter iter;
  gpointer path, target;

  g_hash_table_iter_init (&iter, self->links);
  while (g_hash_table_iter_next (&iter, &path, &target))
    {
      g_autofree char *from = g_build_filename (self->directory, target, NULL);
      g_autofree char *to = g_build_filename (self->directory, path, NULL);
      g_autofree char *parent = g_path_get_dirname (to);

      if (g_mkdir_with_parents (parent, 0700) != 0 || (link (from, to) != 0 && errno != EEXIST))
        return domuimg_set_errno (error, errno, "%s: making %s, which is a link to %s", self->name,
                                  (char *) path, (char *) target);
    }
  return TRUE;
}

static gboolean
unpack_all (Unpacking *self, DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) local = NULL;
  const DomuimgEntry *entry;

  while ((entry = domuimg_stream_next (stream, cancellable, &local)) != NULL)
    if ((entry->type == DOMUIMG_ENTRY_FILE && !unpack_file (self, stream, entry, error))
        || ((entry->type == DOMUIMG_ENTRY_SYMLINK || entry->type == DOMUIMG_ENTRY_HARD_LINK)
            && !take_link (self, entry, error)))
      return FALSE;
  if (local == NULL)
    return make_links (self, error);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

gboolean
domuimg_oci_unpack (int fd, const char *name, const char *directory, GCancellable *cancellable,
                    GError **error)
{
  g_autoptr (DomuimgStream) stream = domuimg_tar_new (fd, name, NULL, NULL, error);
  Unpacking self = { name, directory };
  gboolean ok;

  if (stream == NULL)
    return FALSE;
  self.links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  ok = unpack_all (&self, stream, cancellable, error);
  g_hash_table_unref (self.links);
  if (!ok || domuimg_oci_layout_is (directory))
    return ok;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s is not a container image: it has neither an index.json, as an archive of OCI, nor a"
                       " manifest.json, as one of docker save",
                       name);
}
