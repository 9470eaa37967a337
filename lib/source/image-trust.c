/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out which checksum an image has to have, and who says so. */
#include "config.h"
#include "lib/source/image.h"

#include "lib/base/http.h"
#include "lib/source/keyring.h"

#define LIST_MAX ((guint64) 1 << 20)

void
domuimg_image_trust_clear (DomuimgImageTrust *self)
{
  g_clear_pointer (&self->digest, domuimg_digest_free);
  g_clear_pointer (&self->signer, g_free);
}

static GBytes *
get (const char *url, GCancellable *cancellable, GError **error)
{
  const DomuimgHttpRequest request = { .uri = url,
                                       .schemes = "http,https,ftp,file",
                                       .max = LIST_MAX,
                                       .cancellable = cancellable };

  return domuimg_http_get (&request, error);
}

/* The vendor's published keys, as files. */
static gboolean
fetch_keys (const DomuimgImageRequest *request, GStrvBuilder *files, GCancellable *cancellable,
            GError **error)
{
  const DomuimgImageOffer *offer = request->offer;

  for (guint i = 0; offer->key_urls[i] != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("vendor%u.key", i);
      g_autofree char *path = g_build_filename (request->work, name, NULL);
      g_autoptr (GBytes) bytes = get (offer->key_urls[i], cancellable, error);
      g_autoptr (GError) local = NULL;

      if (bytes == NULL)
        {
          g_prefix_error (error, "fetching the keys of %s (or name them with --keyring FILE): ",
                          offer->name);
          return FALSE;
        }
      if (!g_file_set_contents (path, g_bytes_get_data (bytes, NULL),
                                (gssize) g_bytes_get_size (bytes), &local))
        return domuimg_fail (error, DOMUIMG_ERROR_IO, "%s", local->message);
      g_strv_builder_add (files, path);
    }
  return TRUE;
}

static gboolean
has_keys (const DomuimgImageRequest *request)
{
  const DomuimgImageOffer *offer = request->offer;

  return request->keyrings[0] != NULL
         || (offer->key_urls[0] != NULL && offer->fingerprints[0] != NULL);
}

/* Keys of the user's may be anybody's; the vendor's have to be those that are known. */
static gboolean
find_signers (DomuimgSigners *signers, const DomuimgImageRequest *request,
              GCancellable *cancellable, GError **error)
{
  g_autoptr (GStrvBuilder) files = g_strv_builder_new ();
  const DomuimgImageOffer *offer = request->offer;
  gboolean has_own = request->keyrings[0] != NULL;

  if (!has_keys (request))
    return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                         "%s is signed, and its vendor's keys are not known here: name them with"
                         " --keyring FILE%s%s%s, or take it unsigned with --allow-unsigned",
                         offer->checksums, offer->keys_hint != NULL ? " (" : "",
                         offer->keys_hint != NULL ? offer->keys_hint : "",
                         offer->keys_hint != NULL ? ")" : "");
  if (has_own)
    g_strv_builder_addv (files, (const char **) request->keyrings);
  else if (!fetch_keys (request, files, cancellable, error))
    return FALSE;
  signers->files = g_strv_builder_end (files);
  signers->fingerprints = has_own ? g_new0 (char *, 1) : g_strdupv (offer->fingerprints);
  return TRUE;
}

/* The list as its vendor signed it; *@list becomes that text. */
static gboolean
verify (DomuimgImageTrust *self, GBytes **list, const DomuimgImageRequest *request,
        GCancellable *cancellable, GError **error)
{
  const DomuimgImageOffer *offer = request->offer;
  DomuimgSigners signers = { NULL, NULL };
  g_autoptr (GBytes) signature = NULL;
  GBytes *text = NULL;

  if (offer->signature != NULL && (signature = get (offer->signature, cancellable, error)) == NULL)
    return FALSE;
  if (find_signers (&signers, request, cancellable, error))
    text = domuimg_signers_verify (&signers, *list, signature, offer->checksums, request->work,
                                   &self->signer, cancellable, error);
  g_strfreev (signers.files);
  g_strfreev (signers.fingerprints);
  if (text == NULL)
    return FALSE;
  g_bytes_unref (*list);
  *list = text;
  return TRUE;
}

static gboolean
check_wanted (const DomuimgImageRequest *request, GError **error)
{
  const DomuimgImageOffer *offer = request->offer;

  if (request->allow_unsigned || domuimg_image_offer_is_signed (offer))
    return TRUE;
  if (offer->checksums == NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                         "%s: no checksum of it is known here, so that nothing vouches for it; use"
                         " --allow-unsigned to take it all the same",
                         offer->url);
  return domuimg_fail (error, DOMUIMG_ERROR_UNTRUSTED,
                       "%s is not signed: only the connection to its server vouches for it; use"
                       " --allow-unsigned to take it all the same",
                       offer->checksums);
}

/* A list of this image alone ("x.qcow2.sha256" beside "x.qcow2") often names the release that "latest"
 * in the address stands for, or nothing. */
static DomuimgDigest *
find_digest (GBytes *list, const DomuimgImageOffer *offer, GError **error)
{
  g_autofree char *name = domuimg_image_name_file (offer->url);
  g_autofree char *list_name = domuimg_image_name_file (offer->checksums);
  g_autofree char *start = g_strconcat (name, ".", NULL);
  g_autoptr (GError) local = NULL;
  gsize length;
  const char *text = g_bytes_get_data (list, &length);
  DomuimgDigest *digest = domuimg_checksums_find (text, length, name, &local);

  if (digest == NULL && g_str_has_prefix (list_name, start)
      && g_error_matches (local, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    {
      g_clear_error (&local);
      digest = domuimg_checksums_find (text, length, NULL, &local);
    }
  if (digest == NULL)
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", offer->checksums);
  return digest;
}

gboolean
domuimg_image_trust_fetch (DomuimgImageTrust *self, const DomuimgImageRequest *request,
                           GCancellable *cancellable, GError **error)
{
  const DomuimgImageOffer *offer = request->offer;
  g_autoptr (GBytes) list = NULL;

  if (!check_wanted (request, error))
    return FALSE;
  if (offer->checksums == NULL)
    return TRUE;
  list = get (offer->checksums, cancellable, error);
  if (list == NULL)
    return FALSE;
  /* A signature that can be verified is, even where none is asked for. */
  if ((!request->allow_unsigned || (domuimg_image_offer_is_signed (offer) && has_keys (request)))
      && !verify (self, &list, request, cancellable, error))
    return FALSE;
  self->digest = find_digest (list, offer, error);
  return self->digest != NULL;
}
