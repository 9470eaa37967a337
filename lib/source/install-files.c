/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of install trees: on servers, in directories and in ISO images. */
#include "config.h"
#include "lib/source/install-files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/http.h"
#include "lib/base/iso.h"
#include "lib/base/path.h"
#include "lib/source/install-ssh.h"
#include "lib/tree/dir.h"

#define SCHEMES "http,https,ftp"
#define PROBE 512
#define PIECE (1 << 20)

struct _DomuimgInstallFiles {
  char *location;
  DomuimgTree *tree;      /* (nullable) of a directory */
  DomuimgInstallSsh *ssh; /* (nullable) of another host */
  gboolean is_iso;        /* else it is on a server, without the two above */
  gboolean was_refused;
};

void
domuimg_install_files_free (DomuimgInstallFiles *self)
{
  g_free (self->location);
  g_clear_object (&self->tree);
  g_clear_pointer (&self->ssh, domuimg_install_ssh_free);
  g_free (self);
}

static gboolean
is_url (const char *location)
{
  return g_regex_match_simple ("^(https?|ftp)://.", location, G_REGEX_CASELESS, 0);
}

/* A way by which other tools fetch, as a command for a person. */
static gboolean
refuse_nfs (const char *location, GError **error)
{
  if (g_str_has_prefix (location, "nfs:"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: trees are not read by NFS; mount it (mount -t nfs SERVER:PATH DIR) and give"
                         " the directory",
                         location);
  return TRUE;
}

static gboolean
open_local (DomuimgInstallFiles *self, GError **error)
{
  struct stat status;

  if (!domuimg_path_look (self->location, &status, error))
    return FALSE;
  if (S_ISDIR (status.st_mode))
    {
      self->tree = domuimg_tree_dir_new (self->location, error);
      return self->tree != NULL;
    }
  if (status.st_mode == 0)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND,
                         "%s: there is no such directory or ISO image", self->location);
  self->is_iso = domuimg_iso_is (self->location);
  return self->is_iso
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                          "%s is neither a directory nor an ISO image", self->location);
}

DomuimgInstallFiles *
domuimg_install_files_new (const char *location, GError **error)
{
  g_autoptr (DomuimgInstallFiles) self = g_new0 (DomuimgInstallFiles, 1);

  if (is_url (location))
    {
      self->location = g_strconcat (location, g_str_has_suffix (location, "/") ? "" : "/", NULL);
      return g_steal_pointer (&self);
    }
  if (!refuse_nfs (location, error))
    return NULL;
  if (domuimg_install_ssh_is (location))
    {
      self->location = g_strconcat (location, g_str_has_suffix (location, "/") ? "" : "/", NULL);
      self->ssh = domuimg_install_ssh_new (location, error);
      return self->ssh != NULL ? g_steal_pointer (&self) : NULL;
    }
  self->location = g_canonicalize_filename (
      g_str_has_prefix (location, "file://") ? location + strlen ("file://") : location, NULL);
  return open_local (self, error) ? g_steal_pointer (&self) : NULL;
}

gboolean
domuimg_install_files_is_remote (DomuimgInstallFiles *self)
{
  return self->tree == NULL && !self->is_iso;
}

const char *
domuimg_install_files_get_address (DomuimgInstallFiles *self)
{
  return domuimg_install_files_is_remote (self) && self->ssh == NULL ? self->location : NULL;
}

gboolean
domuimg_install_files_is_iso (DomuimgInstallFiles *self)
{
  return self->is_iso;
}

gboolean
domuimg_install_files_was_refused (DomuimgInstallFiles *self)
{
  return self->was_refused;
}

const char *
domuimg_install_files_get_location (DomuimgInstallFiles *self)
{
  return self->location;
}

char *
domuimg_install_files_name (DomuimgInstallFiles *self, const char *path)
{
  if (domuimg_install_files_is_remote (self))
    return g_strconcat (self->location, path, NULL);
  return self->is_iso ? g_strdup_printf ("%s of %s", path, self->location)
                      : g_build_filename (self->location, path, NULL);
}

/* What a server is asked for; a path may have characters that mean something in an address. */
static char *
make_url (DomuimgInstallFiles *self, const char *path)
{
  g_autofree char *escaped = g_uri_escape_string (path, "/", FALSE);

  return g_strconcat (self->location, escaped, NULL);
}

static gboolean
has_remote (DomuimgInstallFiles *self, const char *path, GCancellable *cancellable, GError **error)
{
  g_autofree char *url = make_url (self, path);
  DomuimgHttpRequest request
      = { .uri = url,
          .schemes = SCHEMES,
          .refused_is_absent = TRUE,
          .was_refused = &self->was_refused,
          .max = PROBE,
          .cancellable = cancellable };
  gboolean truncated;
  g_autoptr (GBytes) start = domuimg_http_get_start (&request, &truncated, error);

  return start != NULL;
}

/* Symlinks are followed inside of the tree only. */
static gboolean
has_local (DomuimgInstallFiles *self, const char *path, GError **error)
{
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat_follow (self->tree, path, error);

  if (entry == NULL)
    return FALSE;
  return entry->type == DOMUIMG_ENTRY_FILE
         || domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s/%s is not a file", self->location,
                          path);
}

gboolean
domuimg_install_files_has (DomuimgInstallFiles *self, const char *path, GCancellable *cancellable,
                           GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean found;

  if (self->tree != NULL)
    found = has_local (self, path, &local);
  else if (self->is_iso)
    found = domuimg_iso_has (self->location, path, cancellable, &local);
  else if (self->ssh != NULL)
    found = domuimg_install_ssh_has (self->ssh, path, cancellable, &local);
  else
    found = has_remote (self, path, cancellable, &local);
  if (local != NULL && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&local));
  return found;
}

/* Where what is read goes: into a file, or into @bytes. */
typedef struct {
  int fd;
  GByteArray *bytes;
  const char *name;
  guint64 size;
  const DomuimgInstallRead *how;
} Sink;

/* Counts what comes, and adds it to the digest. */
static gboolean
grow (Sink *self, const void *data, gsize length, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->how->cancellable, error))
    return FALSE;
  self->size += length;
  if (self->size > self->how->max)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: more than %" G_GUINT64_FORMAT " bytes", self->name, self->how->max);
  if (self->how->checksum != NULL)
    g_checksum_update (self->how->checksum, data, (gssize) length);
  return TRUE;
}

static gboolean
take (const void *data, gsize length, gpointer user_data, GError **error)
{
  Sink *self = user_data;

  return grow (self, data, length, error)
         && (domuimg_write_all (self->fd, data, length)
             || domuimg_set_errno (error, errno, "copying %s", self->name));
}

static gboolean
append (const void *data, gsize length, gpointer user_data, GError **error)
{
  Sink *self = user_data;

  if (!grow (self, data, length, error))
    return FALSE;
  g_byte_array_append (self->bytes, data, (guint) length);
  return TRUE;
}

static GBytes *
read_by_ssh (DomuimgInstallFiles *self, const char *path, const DomuimgInstallRead *how,
             GError **error)
{
  g_autofree char *name = domuimg_install_files_name (self, path);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Sink sink = { .name = name, .how = how, .bytes = bytes };

  return domuimg_install_ssh_stream (self->ssh, path, 0, append, &sink, how->cancellable, error)
             ? g_byte_array_free_to_bytes (g_steal_pointer (&bytes))
             : NULL;
}

GBytes *
domuimg_install_files_read (DomuimgInstallFiles *self, const char *path,
                            const DomuimgInstallRead *how, GError **error)
{
  g_autofree char *url = NULL;
  DomuimgHttpRequest request = { .schemes = SCHEMES,
                                 .refused_is_absent = TRUE,
                                 .was_refused = &self->was_refused,
                                 .max = how->max,
                                 .checksum = how->checksum,
                                 .cancellable = how->cancellable };

  if (self->tree != NULL)
    return domuimg_tree_read (self->tree, path, how->max, error);
  if (self->is_iso)
    return domuimg_iso_read (self->location, path, how->max, how->cancellable, error);
  if (self->ssh != NULL)
    return read_by_ssh (self, path, how, error);
  url = make_url (self, path);
  request.uri = url;
  return domuimg_http_get (&request, error);
}

static gboolean
copy_local (DomuimgInstallFiles *self, const char *path, Sink *sink, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PIECE);
  g_autofree char *real = domuimg_tree_resolve (self->tree, path, error);

  for (guint64 at = 0; real != NULL;)
    {
      gssize got = domuimg_tree_read_at (self->tree, real, at, buffer, PIECE, error);

      if (got <= 0)
        return got == 0;
      if (!take (buffer, (gsize) got, sink, error))
        return FALSE;
      at += (guint64) got;
    }
  g_prefix_error (error, "%s: ", sink->name);
  return FALSE;
}

/* What is there already stays: it is checked by whoever knows the file's digest. */
static gboolean
resume_by_ssh (DomuimgInstallFiles *self, const char *path, Sink *sink, GError **error)
{
  off_t here = lseek (sink->fd, 0, SEEK_END);

  if (here < 0)
    return domuimg_set_errno (error, errno, "copying %s", sink->name);
  sink->size = (guint64) here;
  return domuimg_install_ssh_stream (self->ssh, path, sink->size, take, sink,
                                     sink->how->cancellable, error);
}

gboolean
domuimg_install_files_fetch (DomuimgInstallFiles *self, const char *path, int fd,
                             const DomuimgInstallRead *how, GError **error)
{
  g_autofree char *name = domuimg_install_files_name (self, path);
  g_autofree char *url = NULL;
  Sink sink = { .fd = fd, .name = name, .how = how };
  DomuimgHttpRequest request = { .schemes = SCHEMES,
                                 .max = how->max,
                                 .checksum = how->checksum,
                                 .progress = how->progress,
                                 .cancellable = how->cancellable };

  if (self->tree != NULL)
    return copy_local (self, path, &sink, error);
  if (self->is_iso)
    return domuimg_iso_stream (self->location, path, take, &sink, error);
  if (self->ssh != NULL)
    return resume_by_ssh (self, path, &sink, error);
  url = make_url (self, path);
  request.uri = url;
  return domuimg_http_resume_to_fd (&request, fd, error);
}
