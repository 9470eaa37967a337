/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads OVA archives, and checks what their manifest says. */
#include "config.h"
#include "lib/import/archive/ova.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/import/archive/ova-manifest.h"
#include "lib/import/names.h"

#define TEXT_MAX (4 << 20)
#define MEMBERS_MAX 4096
#define BLOCK (64 * 1024)
#define TAR_BLOCK 512

struct _DomuimgOva {
  char *path;
  GPtrArray *members; /* of DomuimgOvaMember */
  const DomuimgOvaMember *ovf;
  const DomuimgOvaMember *manifest; /* (nullable) */
  char *text;         /* of the OVF */
};

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

static void
member_free (gpointer data)
{
  DomuimgOvaMember *self = data;

  g_free (self->name);
  g_free (self);
}

void
domuimg_ova_free (DomuimgOva *self)
{
  g_ptr_array_unref (self->members);
  g_free (self->path);
  g_free (self->text);
  g_free (self);
}

/* Opened without waiting for the other end of a pipe. */
static int
open_file (const char *path, guint64 *size, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat status;

  if (fd < 0 || fstat (fd, &status) < 0)
    {
      domuimg_set_errno (error, errno, "opening %s", path);
      return -1;
    }
  if (!S_ISREG (status.st_mode))
    {
      domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s is not a file", path);
      return -1;
    }
  *size = status.st_size;
  return g_steal_fd (&fd);
}

static gboolean
read_at (int fd, const char *path, guint64 offset, void *buffer, gsize length, GError **error)
{
  for (gsize done = 0; done < length;)
    {
      gssize got = pread (fd, (guint8 *) buffer + done, length - done, offset + done);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return domuimg_set_errno (error, errno, "reading %s", path);
      if (got == 0)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is cut off", path);
      done += got;
    }
  return TRUE;
}

static char *
read_text (int fd, const char *path, const DomuimgOvaMember *member, GError **error)
{
  g_autofree char *text = NULL;

  if (member->length > TEXT_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s is larger than 4 MiB", path,
                    member->name);
      return NULL;
    }
  text = g_malloc0 (member->length + 1);
  return read_at (fd, path, member->offset, text, member->length, error) ? g_steal_pointer (&text)
                                                                         : NULL;
}

/* The name without "./", or NULL where it is not of a file below. */
static const char *
vet_name (const char *name)
{
  g_auto (GStrv) parts = NULL;

  while (g_str_has_prefix (name, "./"))
    name += 2;
  if (*name == '\0' || *name == '/' || !g_utf8_validate (name, -1, NULL))
    return NULL;
  parts = g_strsplit (name, "/", -1);
  return g_strv_contains ((const char *const *) parts, "..") ? NULL : name;
}

/* Attributes of files, which macOS keeps in files of their own where nothing else can. */
static gboolean
is_of_macos (const char *name)
{
  g_autofree char *base = g_path_get_basename (name);

  return g_str_has_prefix (base, "._") || g_str_has_prefix (name, "__MACOSX/");
}

static const DomuimgOvaMember *
find_exact (DomuimgOva *self, const char *name)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      const DomuimgOvaMember *member = g_ptr_array_index (self->members, i);

      if (g_str_equal (member->name, name))
        return member;
    }
  return NULL;
}

/* NULL where there are several. */
static const DomuimgOvaMember *
find_but_for_case (DomuimgOva *self, const char *name)
{
  const DomuimgOvaMember *found = NULL;

  for (guint i = 0; i < self->members->len; i++)
    {
      const DomuimgOvaMember *member = g_ptr_array_index (self->members, i);

      if (!domuimg_name_is_same (member->name, name))
        continue;
      if (found != NULL)
        return NULL;
      found = member;
    }
  return found;
}

const DomuimgOvaMember *
domuimg_ova_find (DomuimgOva *self, const char *name)
{
  g_autofree char *directory = self->ovf != NULL ? g_path_get_dirname (self->ovf->name) : g_strdup (".");
  g_autofree char *inside = NULL;
  const DomuimgOvaMember *found;

  while (g_str_has_prefix (name, "./"))
    name += 2;
  inside = g_str_equal (directory, ".") ? g_strdup (name) : g_build_filename (directory, name, NULL);
  found = find_exact (self, inside);
  if (found == NULL)
    found = find_exact (self, name);
  return found != NULL ? found : find_but_for_case (self, inside);
}

static gboolean
check_entry (DomuimgOva *self, struct archive_entry *entry, const char *name, guint64 offset,
             guint64 size, GError **error)
{
  guint64 length = archive_entry_size (entry);

  if (archive_entry_sparse_count (entry) > 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: %s is stored with holes; unpack the archive, and give the OVF",
                         self->path, name);
  if (offset > size || length > size - offset)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is cut off in %s", self->path,
                         name);
  if (find_exact (self, name) != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s has two members %s", self->path,
                         name);
  if (self->members->len >= MEMBERS_MAX)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s has more than %d members",
                         self->path, MEMBERS_MAX);
  return TRUE;
}

static gboolean
add_entry (DomuimgOva *self, struct archive *archive, struct archive_entry *entry, guint64 size,
           GError **error)
{
  const char *given = archive_entry_pathname (entry);
  const char *name = given != NULL ? vet_name (given) : NULL;
  /* Its headers are read, and nothing more. */
  guint64 offset = archive_filter_bytes (archive, 0);
  DomuimgOvaMember *member;

  if (archive_entry_filetype (entry) == AE_IFDIR || (name != NULL && is_of_macos (name)))
    return TRUE;
  if (name == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                         "%s: it has a member with a name that leads out of the archive: %s",
                         self->path, given != NULL ? given : "");
  if (archive_entry_filetype (entry) != AE_IFREG || archive_entry_hardlink (entry) != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT, "%s: %s is a link or a device",
                         self->path, name);
  if (!check_entry (self, entry, name, offset, size, error))
    return FALSE;
  member = g_new0 (DomuimgOvaMember, 1);
  member->name = g_strdup (name);
  member->offset = offset;
  member->length = archive_entry_size (entry);
  g_ptr_array_add (self->members, member);
  return TRUE;
}

/* An archive ends with blocks of zeros. Without, whole members may be missing. */
static gboolean
check_end (DomuimgOva *self, guint64 size, GError **error)
{
  guint64 end = 0;

  for (guint i = 0; i < self->members->len; i++)
    {
      const DomuimgOvaMember *member = g_ptr_array_index (self->members, i);

      end = MAX (end, member->offset + member->length);
    }
  if (size >= TAR_BLOCK && end <= size - TAR_BLOCK)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                       "%s is cut off: the mark that ends a tar archive is not there", self->path);
}

static gboolean
fail_archive (DomuimgOva *self, struct archive *archive, GError **error)
{
  const char *why = archive_error_string (archive);

  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not a whole tar archive: %s",
                       self->path, why != NULL ? why : "it is cut off");
}

static gboolean
list_members (DomuimgOva *self, struct archive *archive, guint64 size, GError **error)
{
  struct archive_entry *entry;
  int status;

  while ((status = archive_read_next_header (archive, &entry)) == ARCHIVE_OK
         || status == ARCHIVE_WARN)
    if (!add_entry (self, archive, entry, size, error))
      return FALSE;
  if (status != ARCHIVE_EOF)
    return fail_archive (self, archive, error);
  return check_end (self, size, error);
}

static gboolean
check_compression (const char *path, int fd, guint64 size, GError **error)
{
  guint8 head[8];

  if (size < sizeof head)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s is not a tar archive", path);
  if (!read_at (fd, path, 0, head, sizeof head, error))
    return FALSE;
  if (memcmp (head, "\x1f\x8b", 2) != 0 && memcmp (head, "\x28\xb5\x2f\xfd", 4) != 0
      && memcmp (head, "BZh", 3) != 0 && memcmp (head, "\xfd" "7zXZ", 5) != 0)
    return TRUE;
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                       "%s is compressed as a whole, which an OVA must not be; unpack it first",
                       path);
}

static gboolean
read_members (DomuimgOva *self, int fd, guint64 size, GError **error)
{
  struct archive *archive = archive_read_new ();
  gboolean ok;

  archive_read_support_format_tar (archive);
  if (archive_read_open_fd (archive, fd, BLOCK) == ARCHIVE_OK)
    ok = list_members (self, archive, size, error);
  else
    ok = fail_archive (self, archive, error);
  archive_read_free (archive);
  return ok;
}

static gboolean
find_texts (DomuimgOva *self, int fd, GError **error)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      const DomuimgOvaMember *member = g_ptr_array_index (self->members, i);
      g_autofree char *low = g_ascii_strdown (member->name, -1);

      if (g_str_has_suffix (low, ".mf") && self->manifest == NULL)
        self->manifest = member;
      if (!g_str_has_suffix (low, ".ovf"))
        continue;
      if (self->ovf != NULL)
        return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                             "%s has two descriptions, %s and %s", self->path, self->ovf->name,
                             member->name);
      self->ovf = member;
    }
  if (self->ovf == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s is no OVA: there is no OVF in it", self->path);
  self->text = read_text (fd, self->path, self->ovf, error);
  return self->text != NULL;
}

DomuimgOva *
domuimg_ova_open (const char *path, GError **error)
{
  g_autoptr (DomuimgOva) self = g_new0 (DomuimgOva, 1);
  guint64 size;
  g_auto (DomuimgFd) fd = -1;

  self->path = g_strdup (path);
  self->members = g_ptr_array_new_with_free_func (member_free);
  fd = open_file (path, &size, error);
  if (fd < 0 || !check_compression (path, fd, size, error)
      || !read_members (self, fd, size, error) || !find_texts (self, fd, error))
    return NULL;
  return g_steal_pointer (&self);
}

const char *
domuimg_ova_get_path (DomuimgOva *self)
{
  return self->path;
}

GPtrArray *
domuimg_ova_get_members (DomuimgOva *self)
{
  return self->members;
}

const char *
domuimg_ova_get_ovf (DomuimgOva *self, gsize *length)
{
  *length = self->ovf->length;
  return self->text;
}

const char *
domuimg_ova_get_ovf_name (DomuimgOva *self)
{
  return self->ovf->name;
}

gboolean
domuimg_ova_has_manifest (DomuimgOva *self)
{
  return self->manifest != NULL;
}

static char *
digest_of (Verifying *self, const Piece *piece, GChecksumType type, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (type);
  g_autofree guint8 *buffer = g_malloc (BLOCK);

  for (guint64 done = 0; done < piece->length;)
    {
      gsize length = MIN (BLOCK, piece->length - done);

      if (g_cancellable_set_error_if_cancelled (self->cancellable, error)
          || !read_at (piece->fd, piece->name, piece->offset + done, buffer, length, error))
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
  fd = open_file (self->path, &size, error);
  if (fd < 0)
    return FALSE;
  text = read_text (fd, self->path, self->manifest, error);
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
  const char *name = vet_name (checksum->name);
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
  fd = open_file (path, &piece.length, error);
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
  fd = open_file (manifest, &whole.length, error);
  if (fd < 0)
    return FALSE;
  text = read_text (fd, manifest, &whole, error);
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
