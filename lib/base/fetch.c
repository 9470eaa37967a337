/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/fetch.h"

#include <curl/curl.h>

#include "lib/base/fd.h"
#include "lib/base/progress.h"

#define CONNECT_SECONDS 20L
/* A server that sends less than this for as long as that has stopped answering. */
#define STALL_BYTES 16L
#define STALL_SECONDS 30L

typedef struct {
  GByteArray *bytes; /* (nullable) then they go to @fd */
  gsize max;
  int fd;
  int write_error; /* an errno, or 0 */
  DomuimgProgress *progress; /* (nullable) */
  gboolean too_large;
  GCancellable *cancellable;
} Fetch;

static size_t
on_data (char *data, size_t size, size_t count, void *user_data)
{
  Fetch *self = user_data;

  if (self->bytes == NULL)
    {
      if (domuimg_write_all (self->fd, data, count))
        return count;
      self->write_error = errno;
      return 0;
    }
  if (count > self->max - self->bytes->len)
    {
      self->too_large = TRUE;
      return 0;
    }
  g_byte_array_append (self->bytes, (const guint8 *) data, count);
  return count;
}

static int
on_progress (void *user_data, curl_off_t total, curl_off_t now, curl_off_t up_total,
             curl_off_t up_now)
{
  Fetch *self = user_data;

  if (self->progress != NULL && total > 0)
    {
      domuimg_progress_set_fraction (self->progress, (double) now / total);
      domuimg_progress_set_message (self->progress, "Downloading: %lld of %lld MiB",
                                    (long long) now / 1048576, (long long) total / 1048576);
    }
  return g_cancellable_is_cancelled (self->cancellable);
}

static CURL *
prepare (const char *uri, Fetch *fetch, char *message)
{
  CURL *curl = curl_easy_init ();

  curl_easy_setopt (curl, CURLOPT_URL, uri);
  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, "http,https,ftp,file");
  curl_easy_setopt (curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt (curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt (curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
  curl_easy_setopt (curl, CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
  curl_easy_setopt (curl, CURLOPT_LOW_SPEED_TIME, STALL_SECONDS);
  curl_easy_setopt (curl, CURLOPT_USERAGENT, "domuimg/" DOMUIMG_VERSION_STRING);
  curl_easy_setopt (curl, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt (curl, CURLOPT_WRITEDATA, fetch);
  curl_easy_setopt (curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt (curl, CURLOPT_XFERINFODATA, fetch);
  return curl;
}

static gboolean
fail (CURLcode code, long status, const char *uri, const char *message, const Fetch *fetch,
      GError **error)
{
  if (g_cancellable_set_error_if_cancelled (fetch->cancellable, error))
    return FALSE;
  if (fetch->write_error != 0)
    return domuimg_set_errno (error, fetch->write_error, "keeping what comes from %s", uri);
  if (fetch->too_large)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the server sends more than %" G_GSIZE_FORMAT " bytes", uri,
                         fetch->max);
  if (code == CURLE_FILE_COULDNT_READ_FILE || code == CURLE_REMOTE_FILE_NOT_FOUND
      || (code == CURLE_HTTP_RETURNED_ERROR && (status == 404 || status == 410)))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no such file on the server", uri);
  return domuimg_fail (error, DOMUIMG_ERROR_NETWORK, "%s: %s; check the address and the network",
                       uri, *message != '\0' ? message : curl_easy_strerror (code));
}

static gboolean
perform (const char *uri, Fetch *fetch, GError **error)
{
  static gsize initialised = 0;
  char message[CURL_ERROR_SIZE] = "";
  long status = 0;
  CURLcode code;
  CURL *curl;

  if (g_once_init_enter (&initialised))
    {
      curl_global_init (CURL_GLOBAL_DEFAULT);
      g_once_init_leave (&initialised, 1);
    }
  curl = prepare (uri, fetch, message);
  code = curl_easy_perform (curl);
  curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup (curl);
  return code == CURLE_OK || fail (code, status, uri, message, fetch, error);
}

GBytes *
domuimg_fetch (const char *uri, gsize max, GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Fetch fetch = { .bytes = bytes, .max = max, .cancellable = cancellable };

  if (!perform (uri, &fetch, error))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

gboolean
domuimg_fetch_to_fd (const char *uri, int fd, DomuimgProgress *progress, GCancellable *cancellable,
                     GError **error)
{
  Fetch fetch = { .fd = fd, .progress = progress, .cancellable = cancellable };

  return perform (uri, &fetch, error);
}
