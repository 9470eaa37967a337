/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Disks that an OVF has divided into files of one size: "disk.vmdk.000000000" and so on. */
#include "config.h"
#include "lib/import/import-parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/copy-file.h"
#include "lib/base/fd.h"
#include "lib/base/private-file.h"
#include "lib/import/names.h"

#define PIECES_MAX 100000

static void
piece_free (gpointer data)
{
  DomuimgImportPiece *self = data;

  g_free (self->path);
  g_free (self);
}

static void
add_piece (DomuimgImportDisk *disk, const char *path, guint64 offset, guint64 length)
{
  DomuimgImportPiece *piece = g_new0 (DomuimgImportPiece, 1);

  piece->path = g_strdup (path);
  piece->offset = offset;
  piece->length = length;
  g_ptr_array_add (disk->pieces, piece);
}

/* FALSE where there is none of that name. */
static gboolean
find_piece (DomuimgImport *self, DomuimgImportDisk *disk, const char *directory, const char *name)
{
  const DomuimgOvaMember *member;
  g_autofree char *path = NULL;
  struct stat status;

  if (self->ova != NULL)
    {
      member = domuimg_ova_find (self->ova, name);
      if (member != NULL)
        add_piece (disk, self->path, member->offset, member->length);
      return member != NULL;
    }
  path = domuimg_name_find (directory, domuimg_name_last_part (name));
  if (path == NULL || lstat (path, &status) != 0 || !S_ISREG (status.st_mode))
    return FALSE;
  add_piece (disk, path, 0, (guint64) status.st_size);
  return TRUE;
}

guint64
domuimg_import_get_pieces_length (const DomuimgImportDisk *disk)
{
  guint64 length = 0;

  for (guint i = 0; i < disk->pieces->len; i++)
    length += ((const DomuimgImportPiece *) g_ptr_array_index (disk->pieces, i))->length;
  return length;
}

/* Pieces of another disk may have been left beside it. */
static gboolean
needs_more (const DomuimgImportDisk *disk, const DomuimgHardwareDisk *from)
{
  return from->split_size == 0 || domuimg_import_get_pieces_length (disk) < from->split_size;
}

gboolean
domuimg_import_add_pieces (DomuimgImport *self, const DomuimgHardwareDisk *from,
                           const char *directory, GError **error)
{
  DomuimgImportDisk *disk = domuimg_import_add_disk (self, from->path);

  disk->bus = g_strdup (from->bus);
  disk->is_gzip = from->is_gzip;
  disk->capacity = from->capacity;
  disk->pieces = g_ptr_array_new_with_free_func (piece_free);
  for (guint i = 0; i < PIECES_MAX && needs_more (disk, from); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s.%09u", from->path, i);

      if (!find_piece (self, disk, directory, name))
        break;
    }
  if (disk->pieces->len == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: the disk %s is split, and its first piece, %s.000000000, is not there",
                         self->path, from->path, from->path);
  if (from->split_size > 0 && domuimg_import_get_pieces_length (disk) != from->split_size)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the pieces of the disk %s (%u were found) do not make up its %"
                         G_GUINT64_FORMAT " bytes", self->path, from->path, disk->pieces->len,
                         from->split_size);
  return from->capacity > 0
         || domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: the split disk %s has no capacity",
                          self->path, from->path);
}

static gboolean
copy_piece (const DomuimgImportPiece *piece, int out, guint64 at, GCancellable *cancellable,
            GError **error)
{
  g_auto (DomuimgFd) in = open (piece->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  DomuimgCopyExtent extent = { .in = in,
                               .out = out,
                               .from = piece->offset,
                               .to = at,
                               .length = piece->length,
                               .name = piece->path };

  if (in < 0)
    return domuimg_set_errno (error, errno, "opening %s", piece->path);
  return domuimg_copy_extent (&extent, cancellable, error);
}

gboolean
domuimg_import_join (const DomuimgImportDisk *disk, const char *path, GCancellable *cancellable,
                     GError **error)
{
  g_auto (DomuimgFd) out = domuimg_private_file_make (path, error);
  guint64 at = 0;

  if (out < 0)
    return FALSE;
  for (guint i = 0; i < disk->pieces->len; i++)
    {
      const DomuimgImportPiece *piece = g_ptr_array_index (disk->pieces, i);

      if (!copy_piece (piece, out, at, cancellable, error))
        return FALSE;
      at += piece->length;
    }
  return ftruncate (out, (off_t) at) == 0 || domuimg_set_errno (error, errno, "writing %s", path);
}
