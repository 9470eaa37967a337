/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a tar archive as a stream of entries, by libarchive. */
#include "config.h"
#include "lib/source/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "lib/source/tar-acl.h"
#include "lib/source/tar-input.h"
#include "lib/source/tar-names.h"

/* How much of an entry's headers is searched for its names. */
#define MAX_HEADERS (1024 * 1024)

struct _DomuimgTar {
  GObject parent_instance;

  char *name;
  DomuimgTarInput *input;
  struct archive *archive;
  locale_t utf8;
  DomuimgEntry *entry;
  GArray *ranges;
  guint64 entries;
};

static void domuimg_tar_stream_init (DomuimgStreamInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (DomuimgTar, domuimg_tar, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (DOMUIMG_TYPE_STREAM,
                                                      domuimg_tar_stream_init))

static void
domuimg_tar_finalize (GObject *object)
{
  DomuimgTar *self = DOMUIMG_TAR (object);

  if (self->archive != NULL)
    archive_read_free (self->archive);
  g_clear_pointer (&self->input, domuimg_tar_input_free);
  if (self->utf8 != (locale_t) 0)
    freelocale (self->utf8);
  g_clear_pointer (&self->entry, domuimg_entry_free);
  g_clear_pointer (&self->ranges, g_array_unref);
  g_free (self->name);
  G_OBJECT_CLASS (domuimg_tar_parent_class)->finalize (object);
}

static void
domuimg_tar_class_init (DomuimgTarClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = domuimg_tar_finalize;
}

static void
domuimg_tar_init (DomuimgTar *self)
{
  self->utf8 = newlocale (LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
}

static la_ssize_t
on_read (struct archive *archive, void *data, const void **buffer)
{
  DomuimgTar *self = data;
  gssize length = domuimg_tar_input_read (self->input, buffer);

  /* The error itself is the input's; this only stops libarchive. */
  if (length < 0)
    archive_set_error (archive, EIO, "it cannot be read");
  return length;
}

static la_int64_t
on_skip (struct archive *archive, void *data, la_int64_t request)
{
  DomuimgTar *self = data;

  return domuimg_tar_input_skip (self->input, request);
}

static gboolean
fail (DomuimgTar *self, GError **error)
{
  const char *text = archive_error_string (self->archive);
  GError *failure = domuimg_tar_input_take_error (self->input);

  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return FALSE;
    }
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a whole tar archive: %s",
                       self->name, text != NULL ? text : "unknown error");
}

static gboolean
open_tar (DomuimgTar *self, GError **error)
{
  self->archive = archive_read_new ();
  archive_read_support_format_tar (self->archive);
  if (archive_read_open2 (self->archive, self, NULL, on_read, on_skip, NULL) == ARCHIVE_OK)
    return TRUE;
  return fail (self, error);
}

DomuimgStream *
domuimg_tar_new (int fd, const char *name, DomuimgTarTee tee, gpointer tee_data, GError **error)
{
  g_autoptr (DomuimgTar) self = g_object_new (DOMUIMG_TYPE_TAR, NULL);

  self->name = g_strdup (name);
  self->input = domuimg_tar_input_new (fd, name, tee, tee_data, error);
  if (self->input == NULL || !open_tar (self, error))
    return NULL;
  return DOMUIMG_STREAM (g_steal_pointer (&self));
}

static void
read_xattrs (struct archive_entry *from, DomuimgEntry *to)
{
  const char *name;
  const void *value;
  size_t size;

  archive_entry_xattr_reset (from);
  while (archive_entry_xattr_next (from, &name, &value, &size) == ARCHIVE_OK)
    domuimg_entry_add_xattr (to, name, value, size);
}

static void
read_ranges (DomuimgTar *self, struct archive_entry *from)
{
  la_int64_t offset, length;

  g_clear_pointer (&self->ranges, g_array_unref);
  if (archive_entry_sparse_count (from) == 0)
    return;
  self->ranges = g_array_new (FALSE, FALSE, sizeof (DomuimgRange));
  archive_entry_sparse_reset (from);
  while (archive_entry_sparse_next (from, &offset, &length) == ARCHIVE_OK)
    {
      DomuimgRange range = { offset, length };

      if (length > 0)
        g_array_append_val (self->ranges, range);
    }
}

static gboolean
is_plain (const char *name)
{
  return name == NULL || (g_str_is_ascii (name) && strchr (name, '?') == NULL);
}

/* Names that are not ASCII as the archive has them, not as libarchive gives them. */
static gboolean
restore_names (DomuimgTar *self, struct archive_entry *entry, GError **error)
{
  g_autofree guint8 *headers = NULL;
  g_autofree char *path = NULL;
  g_autofree char *link = NULL;
  gsize length;

  if (is_plain (archive_entry_pathname (entry)) && is_plain (archive_entry_symlink (entry))
      && is_plain (archive_entry_hardlink (entry)))
    return TRUE;
  headers = g_malloc (MAX_HEADERS);
  length = domuimg_tar_input_again (
      self->input, archive_read_header_position (self->archive), headers, MAX_HEADERS);
  if (!domuimg_tar_raw_names (domuimg_bytes (headers, length), &path, &link))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: the headers of “%s” are too long to be looked at", self->name,
                         archive_entry_pathname (entry));
  if (path != NULL)
    archive_entry_copy_pathname (entry, path);
  if (link != NULL && archive_entry_hardlink (entry) != NULL)
    archive_entry_copy_hardlink (entry, link);
  else if (link != NULL && archive_entry_symlink (entry) != NULL)
    archive_entry_copy_symlink (entry, link);
  return TRUE;
}

static gboolean
read_target (DomuimgTar *self, struct archive_entry *from, DomuimgEntry *to, GError **error)
{
  if (to->type == DOMUIMG_ENTRY_HARD_LINK)
    {
      g_autoptr (GError) local = NULL;

      to->target = domuimg_path_normalise (archive_entry_hardlink (from), &local);
      if (to->target != NULL)
        return TRUE;
      return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: hard link /%s: %s",
                           self->name, to->path, local->message);
    }
  if (to->type != DOMUIMG_ENTRY_SYMLINK)
    return TRUE;
  to->target = g_strdup (archive_entry_symlink (from));
  if (to->target == NULL || *to->target == '\0')
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: symlink /%s has no target",
                         self->name, to->path);
  to->size = strlen (to->target);
  return TRUE;
}

/* Absolute names and ".." would be acts outside the guest in a tool that extracts. Here
 * they could not do harm, but an archive that has them is not a copy of a root. */
static char *
read_path (DomuimgTar *self, struct archive_entry *from, GError **error)
{
  const char *path = archive_entry_pathname (from);
  g_autoptr (GError) local = NULL;
  g_autofree char *normal = NULL;

  if (path == NULL || *path == '\0')
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: an entry has no name", self->name);
      return NULL;
    }
  if (*path == '/')
    {
      domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                    "%s: “%s” has an absolute name; make the archive with tar -C ROOT .",
                    self->name, path);
      return NULL;
    }
  normal = domuimg_path_normalise (path, &local);
  if (normal == NULL)
    domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: %s", self->name, local->message);
  return g_steal_pointer (&normal);
}

/* Before 1970, libarchive gives the fraction away from zero. */
static void
read_mtime (struct archive_entry *from, DomuimgEntry *to)
{
  to->mtime.sec = archive_entry_mtime (from);
  to->mtime.nsec = archive_entry_mtime_nsec (from);
  if (to->mtime.sec < 0 && to->mtime.nsec > 0)
    {
      to->mtime.sec--;
      to->mtime.nsec = 1000000000 - to->mtime.nsec;
    }
}

static DomuimgEntry *
convert (DomuimgTar *self, struct archive_entry *from, GError **error)
{
  g_autofree char *path = read_path (self, from, error);
  g_autoptr (DomuimgEntry) to = NULL;

  if (path == NULL)
    return NULL;
  to = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0);
  domuimg_entry_set_st_mode (to, archive_entry_mode (from));
  if (archive_entry_hardlink (from) != NULL)
    to->type = DOMUIMG_ENTRY_HARD_LINK;
  to->uid = archive_entry_uid (from);
  to->gid = archive_entry_gid (from);
  read_mtime (from, to);
  to->dev_major = archive_entry_rdevmajor (from);
  to->dev_minor = archive_entry_rdevminor (from);
  if (to->type == DOMUIMG_ENTRY_FILE)
    {
      to->size = archive_entry_size (from);
      to->allocated = to->size;
    }
  read_xattrs (from, to);
  if (!domuimg_tar_read_acls (from, to, self->name, error)
      || !read_target (self, from, to, error))
    return NULL;
  return g_steal_pointer (&to);
}

/* An archive ends in blocks of zeros. libarchive takes a bare end of file for an end too,
 * which a copy that was cut off between two files would have. */
static gboolean
check_end (DomuimgTar *self, GError **error)
{
  la_int64_t end = archive_read_header_position (self->archive);

  if (self->entries == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the archive holds no files",
                         self->name);
  if (archive_filter_bytes (self->archive, 0) <= end)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the archive is truncated: its end mark is missing", self->name);
  return TRUE;
}

/* libarchive converts the names in pax headers, which are UTF-8, to the locale's charset. */
static int
next_header (DomuimgTar *self, struct archive_entry **entry)
{
  locale_t old = uselocale (self->utf8);
  int status = archive_read_next_header (self->archive, entry);

  uselocale (old);
  return status;
}

static const DomuimgEntry *
domuimg_tar_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgTar *self = DOMUIMG_TAR (stream);
  struct archive_entry *entry;
  int status;

  g_clear_pointer (&self->entry, domuimg_entry_free);
  status = next_header (self, &entry);
  if (status == ARCHIVE_EOF)
    {
      if (check_end (self, error) && !domuimg_tar_input_drain (self->input))
        fail (self, error);
      return NULL;
    }
  if (status < ARCHIVE_WARN)
    {
      fail (self, error);
      return NULL;
    }
  if (!restore_names (self, entry, error))
    return NULL;
  self->entries++;
  read_ranges (self, entry);
  self->entry = convert (self, entry, error);
  return self->entry;
}

static const GArray *
domuimg_tar_get_ranges (DomuimgStream *stream)
{
  return DOMUIMG_TAR (stream)->ranges;
}

static gssize
domuimg_tar_read (DomuimgStream *stream, const void **data, guint64 *offset, GError **error)
{
  DomuimgTar *self = DOMUIMG_TAR (stream);
  size_t size = 0;
  la_int64_t at = 0;
  int status;

  do
    status = archive_read_data_block (self->archive, data, &size, &at);
  while (status == ARCHIVE_RETRY || (status == ARCHIVE_OK && size == 0));
  if (status == ARCHIVE_EOF)
    return 0;
  if (status < ARCHIVE_WARN)
    {
      fail (self, error);
      return -1;
    }
  *offset = at;
  return size;
}

static double
domuimg_tar_get_fraction (DomuimgStream *stream)
{
  return domuimg_tar_input_get_fraction (DOMUIMG_TAR (stream)->input);
}

static void
domuimg_tar_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = domuimg_tar_next;
  iface->get_ranges = domuimg_tar_get_ranges;
  iface->read = domuimg_tar_read;
  iface->get_fraction = domuimg_tar_get_fraction;
}
