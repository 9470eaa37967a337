/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks what a manifest says of the members of an OVA, or of the files beside an OVF. */
#include "config.h"
#include "lib/import/archive/ova-private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/import/archive/ova-manifest.h"

#define BLOCK (64 * 1024)

/* Where the bytes of a manifest's names come from. */
typedef struct {
  const char *name;
  int fd;
  guint64 offset;
  guint64 length;
} Piece;

typedef struct {
  DomuimgProgress *progress;
  GCancellable *cancellable;
  guint64 done;
  guint64 total;
} Verifying;

static char *
digest_of (Verifying *self, const Piece *piece, GChecksumType type, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (type);
  g_autofree guint8 *buffer = g_malloc (BLOCK);

  for (guint64 done = 0; done < piece->length;)
    {
      gsize length = MIN (BLOCK, piece->length - done);

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error)
          || !domuimg_ova_read_at (piece->fd, piece->name, piece->offset + done, buffer, length, error))
        return NULL;
      g_checksum_update (checksum, buffer, length);
      done += length;
      self->done += length;
      domuimg_progress_set_fraction (self->progress, (double) self->done / self->total);
    }
  return g_strdup (g_checksum_get_string (checksum));
}

static gboolean
verify_piece (Verifying *self, const Piece *piece, const DomuimgOvaChecksum *checksum,
              const char *manifest, GError **error)
{
  g_autofree char *digest = NULL;

  domuimg_progress_set_message (self->progress, "Checking %s", checksum->name);
  digest = digest_of (self, piece, checksum->type, error);
  if (digest == NULL)
    return FALSE;
  if (g_str_equal (digest, checksum->digest))
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                       "%s is not what %s says: it was changed or damaged on its way",
                       checksum->name, manifest);
}

static gboolean
fail_absent (const DomuimgOvaChecksum *checksum, const char *manifest, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s names %s, which is not there",
                       manifest, checksum->name);
}

static gboolean
verify_members (DomuimgOva *self, int fd, GPtrArray *checksums, Verifying *verifying,
                GError **error)
{
  for (guint i = 0; i < checksums->len; i++)
    {
      const DomuimgOvaChecksum *checksum = g_ptr_array_index (checksums, i);
      const DomuimgOvaMember *member = domuimg_ova_find (self, checksum->name);

      if (member == NULL)
        return fail_absent (checksum, self->manifest->name, error);
      verifying->total += member->length;
    }
  for (guint i = 0; i < checksums->len; i++)
    {
      const DomuimgOvaChecksum *checksum = g_ptr_array_index (checksums, i);
      const DomuimgOvaMember *member = domuimg_ova_find (self, checksum->name);
      Piece piece = { self->path, fd, member->offset, member->length };

      if (!verify_piece (verifying, &piece, checksum, self->manifest->name, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_ova_verify (DomuimgOva *self, DomuimgProgress *progress, GCancellable *cancellable,
                    GError **error)
{
  Verifying verifying = { progress, cancellable, 0, 0 };
  g_autoptr (GPtrArray) checksums = NULL;
  g_autofree char *text = NULL;
  guint64 size;
  g_auto (DomuimgFd) fd = -1;

  if (self->manifest == NULL)
    return TRUE;
  fd = domuimg_ova_open_file (self->path, &size, error);
  if (fd < 0)
    return FALSE;
  text = domuimg_ova_read_text (fd, self->path, self->manifest, error);
  if (text == NULL)
    return FALSE;
  checksums = domuimg_ova_manifest_parse (text, strlen (text), self->manifest->name, error);
  return checksums != NULL && verify_members (self, fd, checksums, &verifying, error);
}

static char *
manifest_of (const char *ovf)
{
  g_autofree char *low = g_ascii_strdown (ovf, -1);
  gsize length = strlen (ovf) - (g_str_has_suffix (low, ".ovf") ? strlen (".ovf") : 0);

  return g_strdup_printf ("%.*s.mf", (int) length, ovf);
}

gboolean
domuimg_ovf_has_manifest (const char *ovf)
{
  g_autofree char *manifest = manifest_of (ovf);
  struct stat status;

  /* Opening one that cannot be looked at says why. */
  return stat (manifest, &status) == 0 ? S_ISREG (status.st_mode)
                                       : errno != ENOENT && errno != ENOTDIR;
}

static gboolean
verify_file (const char *directory, const DomuimgOvaChecksum *checksum, const char *manifest,
             Verifying *verifying, GError **error)
{
  const char *name = domuimg_ova_vet_name (checksum->name);
  g_autofree char *path = NULL;
  Piece piece = { 0 };
  g_auto (DomuimgFd) fd = -1;
  struct stat status;

  if (name == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "%s names %s, which lies outside of its directory", manifest,
                         checksum->name);
  path = g_build_filename (directory, name, NULL);
  if (!domuimg_path_look (path, &status, error))
    return FALSE;
  if (status.st_mode == 0)
    return fail_absent (checksum, manifest, error);
  fd = domuimg_ova_open_file (path, &piece.length, error);
  if (fd < 0)
    return FALSE;
  piece.name = path;
  piece.fd = fd;
  verifying->total = verifying->done + piece.length;
  return verify_piece (verifying, &piece, checksum, manifest, error);
}

gboolean
domuimg_ovf_verify_directory (const char *ovf, DomuimgProgress *progress,
                              GCancellable *cancellable, GError **error)
{
  Verifying verifying = { NULL, cancellable, 0, 0 };
  g_autofree char *manifest = manifest_of (ovf);
  g_autofree char *directory = g_path_get_dirname (ovf);
  g_autoptr (GPtrArray) checksums = NULL;
  g_autofree char *text = NULL;
  DomuimgOvaMember whole = { manifest, 0, 0 };
  g_auto (DomuimgFd) fd = -1;

  if (!domuimg_ovf_has_manifest (ovf))
    return TRUE;
  fd = domuimg_ova_open_file (manifest, &whole.length, error);
  if (fd < 0)
    return FALSE;
  text = domuimg_ova_read_text (fd, manifest, &whole, error);
  if (text == NULL)
    return FALSE;
  checksums = domuimg_ova_manifest_parse (text, strlen (text), manifest, error);
  for (guint i = 0; checksums != NULL && i < checksums->len; i++)
    {
      if (!verify_file (directory, g_ptr_array_index (checksums, i), manifest, &verifying, error))
        return FALSE;
      domuimg_progress_set_fraction (progress, (double) (i + 1) / checksums->len);
    }
  return checksums != NULL;
}
