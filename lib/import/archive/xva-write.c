/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packs disks into an XVA. */
#include "config.h"
#include "lib/import/archive/xva.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/sparse.h"
#include "lib/import/archive/xva-xml.h"

#define PIECE ((guint64) 1 << 20)
#define SHA1_LENGTH 40

typedef struct {
  const DomuimgXvaMachine *machine;
  const int *fds;
  struct archive *archive;
  guint64 done;
  guint64 total;
  DomuimgProgress *progress;
  GCancellable *cancellable;
  guint8 buffer[1 << 20];
} Writer;

static gboolean
fail_write (Writer *self, GError **error)
{
  int saved_errno = archive_errno (self->archive);

  return domuimg_set_errno (error, saved_errno > 0 ? saved_errno : EIO, "writing the XVA");
}

/* With no owner, no mode and no time, as xapi does. */
static gboolean
write_member (Writer *self, const char *name, const void *data, gsize length, GError **error)
{
  struct archive_entry *entry = archive_entry_new ();
  gboolean ok;

  archive_entry_set_pathname (entry, name);
  archive_entry_set_size (entry, length);
  archive_entry_set_filetype (entry, AE_IFREG);
  archive_entry_set_mtime (entry, 0, 0);
  ok = archive_write_header (self->archive, entry) == ARCHIVE_OK
       && archive_write_data (self->archive, data, length) == (la_ssize_t) length;
  archive_entry_free (entry);
  return ok || fail_write (self, error);
}

static gboolean
write_piece (Writer *self, const char *ref, guint64 number, gsize length, GError **error)
{
  g_autofree char *name = g_strdup_printf ("%s/%08" G_GUINT64_FORMAT, ref, number);
  g_autofree char *sum_name = g_strconcat (name, ".checksum", NULL);
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, self->buffer, length);

  return write_member (self, name, self->buffer, length, error)
         && write_member (self, sum_name, sum, SHA1_LENGTH, error);
}

static gboolean
read_piece (Writer *self, int fd, guint64 offset, gsize length, GError **error)
{
  for (gsize done = 0; done < length;)
    {
      gssize got = pread (fd, self->buffer + done, length - done, offset + done);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading a disk for the XVA");
      if (got == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_IO, "a disk became shorter while it was read");
      done += got;
    }
  return TRUE;
}

/* The first piece from @number on that may hold more than a hole; the last one is always there. */
static guint64
skip_hole (int fd, guint64 number, guint64 last)
{
  off_t data;

  if (number == 0)
    return number;
  data = lseek (fd, number * PIECE, SEEK_DATA);
  if (data < 0)
    return errno == ENXIO ? last : number;
  return CLAMP ((guint64) data / PIECE, number, last);
}

static gboolean
write_disk (Writer *self, guint i, GError **error)
{
  const DomuimgXvaDisk *disk = g_ptr_array_index (self->machine->disks, i);
  g_autofree char *ref = domuimg_xva_xml_disk_ref (i);
  guint64 last = disk->size > 0 ? (disk->size - 1) / PIECE : 0;
  guint64 before = self->done;

  for (guint64 number = 0; number <= last; number++)
    {
      gsize length;

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
        return FALSE;
      number = skip_hole (self->fds[i], number, last);
      length = MIN (PIECE, disk->size - number * PIECE);
      if (!read_piece (self, self->fds[i], number * PIECE, length, error))
        return FALSE;
      if ((number == 0 || number == last || !domuimg_is_zero (self->buffer, length))
          && !write_piece (self, ref, number, length, error))
        return FALSE;
      self->done = before + number * PIECE + length;
      domuimg_progress_set_fraction (self->progress, (double) self->done / self->total);
    }
  return TRUE;
}

static int
compare_refs (gconstpointer a, gconstpointer b)
{
  g_autofree char *one = domuimg_xva_xml_disk_ref (*(const guint *) a);
  g_autofree char *other = domuimg_xva_xml_disk_ref (*(const guint *) b);

  return strcmp (one, other);
}

/* xapi reads the disks in the order of their names as text. */
static gboolean
write_disks (Writer *self, GError **error)
{
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < self->machine->disks->len; i++)
    {
      g_array_append_val (order, i);
      self->total += ((DomuimgXvaDisk *) g_ptr_array_index (self->machine->disks, i))->size;
    }
  g_array_sort (order, compare_refs);
  for (guint i = 0; i < order->len; i++)
    if (!write_disk (self, g_array_index (order, guint, i), error))
      return FALSE;
  return TRUE;
}

gboolean
domuimg_xva_write (const DomuimgXvaMachine *machine, const int *fds, int out_fd,
                   DomuimgProgress *progress, GCancellable *cancellable, GError **error)
{
  g_autofree Writer *self = g_new0 (Writer, 1);
  g_autofree char *xml = domuimg_xva_xml_write (machine);
  gboolean ok;

  self->machine = machine;
  self->fds = fds;
  self->progress = progress;
  self->cancellable = cancellable;
  self->archive = archive_write_new ();
  archive_write_set_format_ustar (self->archive);
  archive_write_set_bytes_in_last_block (self->archive, 1);
  ok = archive_write_open_fd (self->archive, out_fd) == ARCHIVE_OK || fail_write (self, error);
  ok = ok && write_member (self, "ova.xml", xml, strlen (xml), error) && write_disks (self, error);
  if (ok && archive_write_close (self->archive) != ARCHIVE_OK)
    ok = fail_write (self, error);
  archive_write_free (self->archive);
  return ok;
}
