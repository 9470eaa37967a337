/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads XVA archives: their machine, and their disks piece by piece. */
#include "config.h"
#include "lib/import/archive/xva.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "lib/base/fd.h"
#include "lib/base/sparse.h"
#include "lib/import/archive/xva-xml.h"

#define BLOCK (256 * 1024)
#define XML_MAX (16 << 20)
#define DIGEST_MAX 128
/* They have 1 MiB. */
#define PIECE_MAX (64 << 20)
#define NUMBER_MAX G_MAXINT32

struct _DomuimgXva {
  char *path;
  DomuimgXvaMachine *machine;
};

/* One disk while it is written. */
typedef struct {
  const DomuimgXvaDisk *disk;
  int fd;
  gint64 last;    /* number of the piece before */
  guint64 offset; /* where what follows it lies */
} Target;

typedef struct {
  DomuimgXva *xva;
  struct archive *archive;
  int fd;
  guint64 size;        /* of the archive */
  Target *targets;     /* as many as disks */
  guint64 piece;       /* bytes of the first piece, and so of each that is left out */
  char *last_name;     /* (nullable) of a piece that has no checksum yet */
  GChecksum *checksum; /* of that piece */
  XXH64_state_t *xxh64; /* the same, as newer archives have it */
  DomuimgProgress *progress;
  GCancellable *cancellable;
} Extraction;

void
domuimg_xva_free (DomuimgXva *self)
{
  g_clear_pointer (&self->machine, domuimg_xva_machine_free);
  g_free (self->path);
  g_free (self);
}

const DomuimgXvaMachine *
domuimg_xva_get_machine (DomuimgXva *self)
{
  return self->machine;
}

static gboolean
fail_archive (const char *path, struct archive *archive, GError **error)
{
  const char *why = archive_error_string (archive);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: not a whole XVA: %s", path,
                       why != NULL ? why : "it is cut off");
}

static struct archive *
open_archive (const char *path, int *fd, guint64 *size, GError **error)
{
  g_auto (DomuimgFd) opened = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct archive *archive;
  struct stat status;

  if (opened < 0 || fstat (opened, &status) < 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return NULL;
    }
  if (!S_ISREG (status.st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s is not a file", path);
      return NULL;
    }
  archive = archive_read_new ();
  archive_read_support_format_tar (archive);
  archive_read_support_filter_gzip (archive);
  archive_read_support_filter_bzip2 (archive);
  archive_read_support_filter_xz (archive);
  archive_read_support_filter_zstd (archive);
  if (archive_read_open_fd (archive, opened, BLOCK) != ARCHIVE_OK)
    {
      fail_archive (path, archive, error);
      archive_read_free (archive);
      return NULL;
    }
  *size = status.st_size;
  *fd = g_steal_fd (&opened);
  return archive;
}

static gboolean
read_whole (const char *path, struct archive *archive, void *buffer, gsize length, GError **error)
{
  for (gsize done = 0; done < length;)
    {
      la_ssize_t got = archive_read_data (archive, (char *) buffer + done, length - done);

      if (got <= 0)
        return fail_archive (path, archive, error);
      done += got;
    }
  return TRUE;
}

static DomuimgXvaMachine *
read_xml (const char *path, struct archive *archive, GError **error)
{
  struct archive_entry *entry;
  g_autofree char *text = NULL;
  guint64 length;

  if (archive_read_next_header (archive, &entry) != ARCHIVE_OK)
    {
      fail_archive (path, archive, error);
      return NULL;
    }
  length = archive_entry_size (entry);
  if (g_strcmp0 (archive_entry_pathname (entry), "ova.xml") != 0 || length > XML_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                    "%s is no XVA: it does not begin with an ova.xml of at most 16 MiB", path);
      return NULL;
    }
  text = g_malloc (length + 1);
  if (!read_whole (path, archive, text, length, error))
    return NULL;
  return domuimg_xva_xml_parse (text, length, path, error);
}

DomuimgXva *
domuimg_xva_open (const char *path, GError **error)
{
  g_autoptr (DomuimgXva) self = g_new0 (DomuimgXva, 1);
  guint64 size;
  g_auto (DomuimgFd) fd = -1;
  struct archive *archive = open_archive (path, &fd, &size, error);

  if (archive == NULL)
    return NULL;
  self->path = g_strdup (path);
  self->machine = read_xml (path, archive, error);
  archive_read_free (archive);
  return self->machine != NULL ? g_steal_pointer (&self) : NULL;
}

/* The disk of a piece "Ref:4/00000012"; sets what follows the "/". */
static Target *
find_target (Extraction *self, const char *name, const char **rest)
{
  for (guint i = 0; i < self->xva->machine->disks->len; i++)
    {
      const char *ref = self->targets[i].disk->ref;

      if (g_str_has_prefix (name, ref) && name[strlen (ref)] == '/')
        {
          *rest = name + strlen (ref) + 1;
          return &self->targets[i];
        }
    }
  return NULL;
}

static gboolean
fail_piece (Extraction *self, const char *name, const char *why, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s: %s", self->xva->path, name,
                       why);
}

/* 16 hexadecimal digits. */
static char *
get_xxh64 (const Extraction *self)
{
  return g_strdup_printf ("%016" G_GINT64_MODIFIER "X", (guint64) XXH64_digest (self->xxh64));
}

static gboolean
check_checksum (Extraction *self, const char *name, guint64 length, GError **error)
{
  char digest[DIGEST_MAX + 1] = { 0 };
  gsize stem = self->last_name != NULL ? strlen (self->last_name) : 0;
  g_autofree char *expected = NULL;

  if (self->last_name == NULL || strncmp (name, self->last_name, stem) != 0 || name[stem] != '.')
    return fail_piece (self, name, "there is no piece before it that it could belong to", error);
  if (length > DIGEST_MAX)
    return fail_piece (self, name, "it is not a checksum", error);
  if (!read_whole (self->xva->path, self->archive, digest, length, error))
    return FALSE;
  expected = g_str_has_suffix (name, ".xxhash")
                 ? get_xxh64 (self)
                 : g_strdup (g_checksum_get_string (self->checksum));
  if (g_ascii_strcasecmp (g_strstrip (digest), expected) != 0)
    return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                         "%s: the checksum of %s does not match: it was changed or damaged on its"
                         " way",
                         self->xva->path, self->last_name);
  g_clear_pointer (&self->last_name, g_free);
  return TRUE;
}

static gboolean
copy_piece (Extraction *self, const Target *target, const char *name, guint64 length,
            GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BLOCK);

  for (guint64 done = 0; done < length;)
    {
      gsize now = MIN (BLOCK, length - done);

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error)
          || !read_whole (self->xva->path, self->archive, buffer, now, error))
        return FALSE;
      g_checksum_update (self->checksum, buffer, now);
      XXH64_update (self->xxh64, buffer, now);
      if (!domuimg_sparse_write (target->fd, buffer, now, target->offset + done))
        return domuimg_set_errno (error, errno, "writing %s of %s", name, self->xva->path);
      done += now;
    }
  return TRUE;
}

/* Reads pieces as xapi does: a piece lies behind the one before it, and as many of the first one's
 * size are between as numbers are left out. (Empty pieces, which keep a connection alive, take a number,
 * so that a piece's own number does not tell where it lies.) */
static gboolean
take_piece (Extraction *self, Target *target, const char *name, const char *rest, guint64 length,
            GError **error)
{
  guint64 number, skipped;

  if (!g_ascii_string_to_unsigned (rest, 10, 0, NUMBER_MAX, &number, NULL)
      || (gint64) number <= target->last || length > PIECE_MAX)
    return fail_piece (self, name, "it is not a piece that can follow the one before", error);
  if (self->last_name != NULL)
    return fail_piece (self, self->last_name, "it has no checksum", error);
  if (self->piece == 0)
    self->piece = length;
  skipped = (number - target->last - 1) * self->piece;
  if (skipped > target->disk->size - target->offset
      || length > target->disk->size - target->offset - skipped)
    return fail_piece (self, name, "it lies beyond the end of its disk", error);
  target->offset += skipped;
  g_checksum_reset (self->checksum);
  XXH64_reset (self->xxh64, 0);
  if (!copy_piece (self, target, name, length, error))
    return FALSE;
  target->last = number;
  target->offset += length;
  self->last_name = g_strdup (name);
  return TRUE;
}

static gboolean
take_entry (Extraction *self, struct archive_entry *entry, GError **error)
{
  const char *name = archive_entry_pathname (entry);
  guint64 length = archive_entry_size (entry);
  const char *rest;
  Target *target = name != NULL ? find_target (self, name, &rest) : NULL;

  /* The piece is of a disk that is not a hard disk of this machine. */
  if (target == NULL)
    return TRUE;
  if (strchr (rest, '.') != NULL)
    return check_checksum (self, name, length, error);
  return take_piece (self, target, name, rest, length, error);
}

static gboolean
finish (Extraction *self, GError **error)
{
  if (self->last_name != NULL)
    return fail_piece (self, self->last_name, "it has no checksum: the archive is cut off", error);
  for (guint i = 0; i < self->xva->machine->disks->len; i++)
    {
      const Target *target = &self->targets[i];

      if (target->offset != target->disk->size)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s: it ends before the end of the disk %s", self->xva->path,
                             target->disk->ref);
      if (ftruncate (target->fd, target->disk->size) < 0)
        return domuimg_set_errno (error, errno, "writing the disk %s of %s", target->disk->ref,
                                  self->xva->path);
    }
  return TRUE;
}

static gboolean
extract_all (Extraction *self, GError **error)
{
  struct archive_entry *entry;
  int status;

  while ((status = archive_read_next_header (self->archive, &entry)) == ARCHIVE_OK)
    {
      if (g_cancellable_set_error_if_cancelled (self->cancellable, error)
          || !take_entry (self, entry, error))
        return FALSE;
      domuimg_progress_set_fraction (
          self->progress, self->size > 0 ? (double) lseek (self->fd, 0, SEEK_CUR) / self->size : 0);
    }
  return status == ARCHIVE_EOF ? finish (self, error)
                               : fail_archive (self->xva->path, self->archive, error);
}

gboolean
domuimg_xva_extract (DomuimgXva *self, const int *fds, DomuimgProgress *progress,
                     GCancellable *cancellable, GError **error)
{
  g_autofree Target *targets = g_new0 (Target, MAX (self->machine->disks->len, 1));
  Extraction extraction = { .xva = self, .targets = targets, .progress = progress,
                            .cancellable = cancellable, .fd = -1 };
  g_auto (DomuimgFd) fd = -1;
  gboolean ok;

  for (guint i = 0; i < self->machine->disks->len; i++)
    targets[i] = (Target){ g_ptr_array_index (self->machine->disks, i), fds[i], -1, 0 };
  extraction.archive = open_archive (self->path, &fd, &extraction.size, error);
  if (extraction.archive == NULL)
    return FALSE;
  extraction.fd = fd;
  extraction.checksum = g_checksum_new (G_CHECKSUM_SHA1);
  extraction.xxh64 = XXH64_createState ();
  ok = extract_all (&extraction, error);
  archive_read_free (extraction.archive);
  g_checksum_free (extraction.checksum);
  XXH64_freeState (extraction.xxh64);
  g_free (extraction.last_name);
  return ok;
}
