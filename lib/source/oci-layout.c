/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of a container image in a directory, by their digests. */
#include "config.h"
#include "lib/source/oci-layout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* Registries refuse manifests of more than 4 MiB. */
#define JSON_MAX (8 << 20)

static gboolean
has (const char *directory, const char *name)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

gboolean
domuimg_oci_layout_is (const char *directory)
{
  return has (directory, "index.json") || has (directory, "manifest.json");
}

GChecksumType
domuimg_oci_digest_type (const char *digest)
{
  return g_str_has_prefix (digest, "sha512:") ? G_CHECKSUM_SHA512 : G_CHECKSUM_SHA256;
}

char *
domuimg_oci_layout_path (const DomuimgOciLayout *self, const char *digest)
{
  g_auto (GStrv) parts = g_strsplit (digest, ":", 2);

  return g_build_filename (self->directory, "blobs", parts[0], parts[1], NULL);
}

gboolean
domuimg_oci_fail_kind (const char *path, const char *name, GError **error)
{
  return domuimg_fail (error, DOMUIMG_ERROR_UNSAFE_INPUT,
                       "%s: %s is not a regular file, as all of an image have to be; get the image again", name,
                       path);
}

static GBytes *
load (const DomuimgOciLayout *self, const char *path, GError **error)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  g_autofree char *bytes = NULL;
  struct stat status;
  gssize length;

  if (fd < 0 ? errno == ELOOP : fstat (fd, &status) == 0 && !S_ISREG (status.st_mode))
    {
      domuimg_oci_fail_kind (path, self->name, error);
      return NULL;
    }
  if (fd < 0 || fstat (fd, &status) != 0)
    {
      domuimg_set_errno (error, errno, "%s: opening %s", self->name, path);
      return NULL;
    }
  if (status.st_size > JSON_MAX)
    {
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: %s is larger than what an image says of itself",
                    self->name, path);
      return NULL;
    }
  bytes = g_malloc (status.st_size + 1);
  length = TEMP_FAILURE_RETRY (pread (fd, bytes, status.st_size, 0));
  if (length == status.st_size)
    return g_bytes_new_take (g_steal_pointer (&bytes), length);
  domuimg_set_errno (error, length < 0 ? errno : EIO, "%s: reading %s", self->name, path);
  return NULL;
}

GBytes *
domuimg_oci_layout_load (const DomuimgOciLayout *self, const char *path, GError **error)
{
  g_autofree char *full = g_build_filename (self->directory, path, NULL);

  return load (self, full, error);
}

GBytes *
domuimg_oci_layout_read (const DomuimgOciLayout *self, const DomuimgOciDescriptor *of, GError **error)
{
  g_autofree char *path = domuimg_oci_layout_path (self, of->digest);
  g_autoptr (GBytes) bytes = load (self, path, error);
  g_autofree char *sum = NULL;

  if (bytes == NULL)
    return NULL;
  sum = g_compute_checksum_for_bytes (domuimg_oci_digest_type (of->digest), bytes);
  if (g_str_equal (sum, strchr (of->digest, ':') + 1))
    return g_steal_pointer (&bytes);
  domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                "%s: the digest of %s does not match: its bytes are not those that were signed for; get the"
                " image again",
                self->name, of->digest);
  return NULL;
}

GBytes *
domuimg_oci_layout_load_index (const DomuimgOciLayout *self, gboolean *is_docker, GError **error)
{
  *is_docker = !has (self->directory, "index.json");
  return domuimg_oci_layout_load (self, *is_docker ? "manifest.json" : "index.json", error);
}
