/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* --from iso:FILE|URL, an ISO image whose installer runs here. */
#include "config.h"
#include "lib/source/install-here.h"

#include <string.h>

#include "lib/source/checksums.h"
#include "lib/source/install-fetch.h"

#define SUMS "SHA256SUMS"
#define SUMS_MAX (8 << 20)

static gboolean
open_image (DomuimgInstallHere *self, const char *path, GError **error)
{
  self->files = domuimg_install_files_new (path, error);
  if (self->files == NULL)
    return FALSE;
  return domuimg_install_files_is_iso (self->files)
         || domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                          "%s is a directory, not an ISO image; an install tree is made a guest by another"
                          " --from, see domuimg create --help",
                          domuimg_install_files_get_location (self->files));
}

/* (nullable) What the list beside the image says of it; NULL and no error where there is none. */
static DomuimgDigest *
find_digest (DomuimgInstallFiles *files, const char *name, GCancellable *cancellable, GError **error)
{
  const DomuimgInstallRead how = { .max = SUMS_MAX, .cancellable = cancellable };
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) list = domuimg_install_files_read (files, SUMS, &how, &local);
  DomuimgDigest *digest
      = list != NULL ? domuimg_checksums_find (g_bytes_get_data (list, NULL), g_bytes_get_size (list),
                                               name, &local)
                     : NULL;

  if (digest == NULL && !g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s%s: ",
                                domuimg_install_files_get_location (files), SUMS);
  return digest;
}

static gboolean
fetch_image (DomuimgInstallHere *self, const char *to, DomuimgProgress *progress,
             GCancellable *cancellable, GError **error)
{
  const char *slash = strrchr (self->url, '/');
  g_autofree char *directory = g_strndup (self->url, (gsize) (slash + 1 - self->url));
  g_autofree char *name = g_uri_unescape_string (slash + 1, NULL);
  g_autoptr (DomuimgInstallFiles) files = domuimg_install_files_new (directory, error);
  g_autoptr (DomuimgDigest) digest = NULL;
  g_autoptr (GError) local = NULL;
  DomuimgInstallFetch fetch = { .path = name != NULL ? name : slash + 1,
                                .to = to,
                                .max = G_MAXINT64,
                                .use_cache = !domuimg_spec_get_flag (self->spec, "no-cache") };

  if (files == NULL)
    return FALSE;
  digest = find_digest (files, fetch.path, cancellable, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (digest != NULL)
    {
      fetch.checksum = digest->hex;
      fetch.type = digest->type;
    }
  return domuimg_install_fetch (files, &fetch, progress, cancellable, error);
}

static gboolean
get_image (DomuimgInstallHere *self, const DomuimgSourceContext *context, DomuimgProgress *progress,
           GCancellable *cancellable, GError **error)
{
  g_autofree char *path = g_build_filename (context->work_directory, "installer.iso", NULL);

  domuimg_progress_set_message (progress, "Fetching %s", self->url);
  return fetch_image (self, path, progress, cancellable, error) && open_image (self, path, error);
}

static gboolean
take_url (DomuimgInstallHere *self, const char *url, GError **error)
{
  if (strpbrk (url, "?#") != NULL || g_str_has_suffix (url, "/"))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "%s: only an address that ends with the name of an ISO image is taken; download the"
                         " image, and give the file",
                         url);
  self->url = g_strdup (url);
  self->fetch = get_image;
  return TRUE;
}

static DomuimgSource *
create (const DomuimgSourceType *type, DomuimgSpec *spec, const char *rest, GError **error)
{
  g_autoptr (DomuimgSource) source = domuimg_install_here_source_new (spec);
  DomuimgInstallHere *self = domuimg_install_here_source_get (source);
  gboolean is_url = g_regex_match_simple ("^(https?|ftp)://", rest, G_REGEX_CASELESS, 0);

  if (is_url ? !take_url (self, rest, error) : !open_image (self, rest, error))
    return NULL;
  return g_steal_pointer (&source);
}

static const char *const keys[] = { DOMUIMG_INSTALL_HERE_KEYS, NULL };

const DomuimgSourceType domuimg_source_type_iso = {
  .scheme = "iso",
  .placeholder = "FILE|URL",
  .help = "what an installer makes of an empty disk, run here in QEMU",
  .keys = keys,
  .programs = domuimg_install_here_programs,
  .traits = DOMUIMG_INSTALL_HERE_TRAITS,
  .create = create,
};
