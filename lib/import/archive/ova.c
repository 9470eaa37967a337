/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads OVA archives. */
#include "config.h"
#include "lib/import/archive/ova-private.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/import/names.h"

#define TEXT_MAX (4 << 20)
#define MEMBERS_MAX 4096
#define BLOCK (64 * 1024)
#define TAR_BLOCK 512

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

int
domuimg_ova_open_file (const char *path, guint64 *size, GError **error)
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

gboolean
domuimg_ova_read_at (int fd, const char *path, guint64 offset, void *buffer, gsize length,
                     GError **error)
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

char *
domuimg_ova_read_text (int fd, const char *path, const DomuimgOvaMember *member, GError **error)
{
  g_autofree char *text = NULL;

  if (member->length > TEXT_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s is larger than 4 MiB", path,
                    member->name);
      return NULL;
    }
  text = g_malloc0 (member->length + 1);
  return domuimg_ova_read_at (fd, path, member->offset, text, member->length, error)
             ? g_steal_pointer (&text)
             : NULL;
}

const char *
domuimg_ova_vet_name (const char *name)
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
  const char *name = given != NULL ? domuimg_ova_vet_name (given) : NULL;
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
  if (!domuimg_ova_read_at (fd, path, 0, head, sizeof head, error))
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
  self->text = domuimg_ova_read_text (fd, self->path, self->ovf, error);
  return self->text != NULL;
}

gboolean
domuimg_ova_is_one (const char *path)
{
  g_autoptr (DomuimgOva) self = g_new0 (DomuimgOva, 1);
  guint64 size;
  g_auto (DomuimgFd) fd = domuimg_ova_open_file (path, &size, NULL);

  self->path = g_strdup (path);
  self->members = g_ptr_array_new_with_free_func (member_free);
  if (fd >= 0)
    read_members (self, fd, size, NULL);
  for (guint i = 0; i < self->members->len; i++)
    {
      const DomuimgOvaMember *member = g_ptr_array_index (self->members, i);
      g_autofree char *low = g_ascii_strdown (member->name, -1);

      if (g_str_has_suffix (low, ".ovf"))
        return TRUE;
    }
  return FALSE;
}

DomuimgOva *
domuimg_ova_open (const char *path, GError **error)
{
  g_autoptr (DomuimgOva) self = g_new0 (DomuimgOva, 1);
  guint64 size;
  g_auto (DomuimgFd) fd = -1;

  self->path = g_strdup (path);
  self->members = g_ptr_array_new_with_free_func (member_free);
  fd = domuimg_ova_open_file (path, &size, error);
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
