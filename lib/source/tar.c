/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads a tar archive as a stream of entries, by libarchive. */
#include "config.h"
#include "lib/source/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "lib/source/tar-entry.h"
#include "lib/source/tar-input.h"
#include "lib/source/tar-names.h"
#include "lib/source/tar-order.h"

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
  DomuimgTarOrder *order;
  DomuimgTarContents *contents;
  char *root;        /* (nullable) the directory of the archive that is the guest's root */
  gboolean is_layer; /* its order is not looked at */
  gboolean has_ended; /* what comes now are hard links that had to wait */
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
  domuimg_tar_order_free (self->order);
  domuimg_tar_contents_free (self->contents);
  g_free (self->root);
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
  self->order = domuimg_tar_order_new ();
  self->contents = domuimg_tar_contents_new ();
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

/* An archive ends in blocks of zeros. libarchive takes a bare end of file for an end too,
 * which a copy that was cut off between two files would have. */
static gboolean
check_end (DomuimgTar *self, GError **error)
{
  la_int64_t end = archive_read_header_position (self->archive);

  if (self->entries == 0 && self->is_layer)
    return TRUE;
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

/* What is not a hole. */
static guint64
count_data (const GArray *ranges)
{
  guint64 bytes = 0;

  for (guint i = 0; i < ranges->len; i++)
    bytes += g_array_index (ranges, DomuimgRange, i).length;
  return bytes;
}

/* The next entry as it stands in the archive, in self->entry; FALSE at the end or on error. */
static gboolean
read_entry (DomuimgTar *self, GError **error)
{
  struct archive_entry *entry;
  int status = next_header (self, &entry);

  g_clear_pointer (&self->entry, domuimg_entry_free);
  g_clear_pointer (&self->ranges, g_array_unref);
  if (status == ARCHIVE_EOF)
    {
      self->has_ended = check_end (self, error)
                        && (domuimg_tar_input_drain (self->input) || fail (self, error));
      return FALSE;
    }
  if (status < ARCHIVE_WARN)
    return fail (self, error);
  if (!restore_names (self, entry, error))
    return FALSE;
  self->entries++;
  read_ranges (self, entry);
  self->entry = domuimg_tar_entry_new (self->name, entry, error);
  if (self->entry == NULL)
    return FALSE;
  if (self->ranges != NULL)
    self->entry->allocated = count_data (self->ranges);
  domuimg_tar_contents_add (self->contents, self->entry);
  return TRUE;
}

/* Cuts the root's own path off *@path; FALSE where it lies beside the root. */
static gboolean
cut_root (DomuimgTar *self, char **path)
{
  gsize length = strlen (self->root);
  char *inside;

  if (strncmp (*path, self->root, length) != 0
      || ((*path)[length] != '\0' && (*path)[length] != '/'))
    return FALSE;
  inside = g_strdup (*path + length + ((*path)[length] == '/'));
  g_free (*path);
  *path = inside;
  return TRUE;
}

/* A hard link may lead to what lies beside the root: that never comes. */
static gboolean
is_of_root (DomuimgTar *self)
{
  DomuimgEntry *entry = self->entry;

  if (self->root == NULL)
    return TRUE;
  if (!cut_root (self, &entry->path))
    return FALSE;
  if (entry->type == DOMUIMG_ENTRY_HARD_LINK && !cut_root (self, &entry->target))
    {
      g_autofree char *beside = g_steal_pointer (&entry->target);

      entry->target = g_strconcat ("../", beside, NULL);
    }
  return TRUE;
}

static const DomuimgEntry *
domuimg_tar_next (DomuimgStream *stream, GCancellable *cancellable, GError **error)
{
  DomuimgTar *self = DOMUIMG_TAR (stream);

  while (!self->has_ended && read_entry (self, error))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return NULL;
      if (self->is_layer || (is_of_root (self) && domuimg_tar_order_take (self->order, self->entry)))
        return self->entry;
    }
  g_clear_pointer (&self->entry, domuimg_entry_free);
  if (self->has_ended)
    self->entry = domuimg_tar_order_next_link (self->order, self->name, error);
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

void
domuimg_tar_set_root (DomuimgTar *self, const char *root)
{
  g_free (self->root);
  self->root = g_strdup (root);
}

void
domuimg_tar_set_layer (DomuimgTar *self)
{
  self->is_layer = TRUE;
}

DomuimgTarContents *
domuimg_tar_get_contents (DomuimgTar *self)
{
  return self->contents;
}

DomuimgTarOrder *
domuimg_tar_get_order (DomuimgTar *self)
{
  return self->order;
}

static void
domuimg_tar_stream_init (DomuimgStreamInterface *iface)
{
  iface->next = domuimg_tar_next;
  iface->get_ranges = domuimg_tar_get_ranges;
  iface->read = domuimg_tar_read;
  iface->get_fraction = domuimg_tar_get_fraction;
}
