/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one HTTP client: every file that comes from a server comes through here, within its limits. */
#include "config.h"
#include "lib/base/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#include "lib/base/fd.h"

#define STALL (20 * G_TIME_SPAN_SECOND)
#define REDIRECTIONS_MAX 5L
/* curl counts milliseconds, and may end somewhat before the deadline. */
#define SLACK (50 * G_TIME_SPAN_MILLISECOND)
/* Fits an Ethernet frame; servers that know no options send 512. */
#define TFTP_BLOCK 1428L

typedef enum { GOING, FULL, STALLED, LATE, NOT_WRITTEN } State;

typedef struct {
  const DomuimgHttpRequest *request;
  goffset from;      /* bytes that are here already */
  gboolean cannot_resume; /* the server does not begin there */
  GByteArray *bytes; /* (nullable) then they go to @fd */
  int fd;
  guint64 size;
  State state;
  int write_error;
  gint64 last; /* when bytes came */
} Transfer;

static size_t
on_data (char *data, size_t size, size_t count, void *user_data)
{
  Transfer *self = user_data;
  gsize wanted = MIN (count, self->request->max - self->size);

  self->last = g_get_monotonic_time ();
  self->size += wanted;
  if (self->request->checksum != NULL)
    g_checksum_update (self->request->checksum, (const guint8 *) data, (gssize) wanted);
  if (self->bytes != NULL)
    g_byte_array_append (self->bytes, (const guint8 *) data, wanted);
  else if (!domuimg_write_all (self->fd, data, wanted))
    {
      self->write_error = errno;
      self->state = NOT_WRITTEN;
      return 0;
    }
  if (wanted < count)
    self->state = FULL;
  return wanted;
}

static int
on_progress (void *user_data, curl_off_t total, curl_off_t now, curl_off_t up_total,
             curl_off_t up_now)
{
  Transfer *self = user_data;
  const DomuimgHttpRequest *request = self->request;
  gint64 time = g_get_monotonic_time ();

  total += total > 0 ? self->from : 0;
  now += self->from;
  if (request->progress != NULL && total > 0)
    {
      domuimg_progress_set_fraction (request->progress, (double) now / total);
      domuimg_progress_set_message (request->progress, "Downloading: %lld of %lld MiB",
                                    (long long) now / 1048576, (long long) total / 1048576);
    }
  if (request->deadline != 0 && time > request->deadline)
    self->state = LATE;
  else if (time > self->last + STALL)
    self->state = STALLED;
  return self->state != GOING || g_cancellable_is_cancelled (request->cancellable);
}

static void
set_limits (CURL *curl, const DomuimgHttpRequest *request)
{
  gboolean secure = g_ascii_strncasecmp (request->uri, "https:", 6) == 0;
  gint64 left = (request->deadline - g_get_monotonic_time ()) / 1000;

  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, request->schemes);
  curl_easy_setopt (curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt (curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (curl, CURLOPT_MAXREDIRS, REDIRECTIONS_MAX);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, (long) (STALL / 1000));
  if (request->deadline != 0)
    curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, (long) CLAMP (left, 1, G_MAXINT));
}

static CURL *
prepare (Transfer *transfer, char *message)
{
  CURL *curl = curl_easy_init ();

  curl_easy_setopt (curl, CURLOPT_URL, transfer->request->uri);
  set_limits (curl, transfer->request);
  if (transfer->from > 0)
    curl_easy_setopt (curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t) transfer->from);
  curl_easy_setopt (curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (curl, CURLOPT_TFTP_BLKSIZE, TFTP_BLOCK);
  curl_easy_setopt (curl, CURLOPT_USERAGENT, "domuimg/" DOMUIMG_VERSION_STRING);
  curl_easy_setopt (curl, CURLOPT_ERRORBUFFER, message);
  curl_easy_setopt (curl, CURLOPT_WRITEFUNCTION, on_data);
  curl_easy_setopt (curl, CURLOPT_WRITEDATA, transfer);
  curl_easy_setopt (curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt (curl, CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt (curl, CURLOPT_XFERINFODATA, transfer);
  return curl;
}

static gboolean
is_absent (CURLcode code, long status)
{
  return code == CURLE_FILE_COULDNT_READ_FILE || code == CURLE_REMOTE_FILE_NOT_FOUND
         || code == CURLE_TFTP_NOTFOUND
         || (code == CURLE_HTTP_RETURNED_ERROR && (status == 404 || status == 410));
}

static gboolean
is_refused (CURLcode code, long status)
{
  return code == CURLE_FTP_COULDNT_RETR_FILE || code == CURLE_REMOTE_ACCESS_DENIED
         || code == CURLE_TFTP_PERM || (code == CURLE_HTTP_RETURNED_ERROR && status == 403);
}

static gboolean
is_late (const Transfer *self, CURLcode code)
{
  gint64 deadline = self->request->deadline;

  return self->state == LATE
         || (deadline != 0 && code == CURLE_OPERATION_TIMEDOUT
             && g_get_monotonic_time () >= deadline - SLACK);
}

static gboolean
fail (const Transfer *self, CURLcode code, long status, const char *message, GError **error)
{
  const DomuimgHttpRequest *request = self->request;
  const char *uri = request->uri;

  if (g_cancellable_set_error_if_cancelled (request->cancellable, error))
    return FALSE;
  if (self->state == NOT_WRITTEN)
    return domuimg_set_errno (error, self->write_error, "keeping what comes from %s", uri);
  if (self->state == FULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the server sends more than %" G_GUINT64_FORMAT " bytes", uri,
                         request->max);
  if (is_late (self, code))
    return domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                         "%s: not here when the time limit ended; %s", uri,
                         request->deadline_advice != NULL ? request->deadline_advice : "try again");
  if (self->state == STALLED)
    return domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                         "%s: the server stopped sending; check it and the network", uri);
  if (request->was_refused != NULL && is_refused (code, status))
    *request->was_refused = TRUE;
  if (is_absent (code, status) || (request->refused_is_absent && is_refused (code, status)))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no such file on the server", uri);
  return domuimg_fail (error, DOMUIMG_ERROR_NETWORK, "%s: %s; check the address and the network",
                       uri, *message != '\0' ? message : curl_easy_strerror (code));
}

static gboolean
perform (Transfer *self, GError **error)
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
  self->last = g_get_monotonic_time ();
  curl = prepare (self, message);
  code = curl_easy_perform (curl);
  curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup (curl);
  self->cannot_resume = self->from > 0
                        && (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME
                            || (code == CURLE_HTTP_RETURNED_ERROR && status == 416));
  return code == CURLE_OK || fail (self, code, status, message, error);
}

GBytes *
domuimg_http_get (const DomuimgHttpRequest *request, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Transfer self = { .request = request, .bytes = bytes, .fd = -1 };

  if (!perform (&self, error))
    return NULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

GBytes *
domuimg_http_get_start (const DomuimgHttpRequest *request, gboolean *truncated, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) local_error = NULL;
  Transfer self = { .request = request, .bytes = bytes, .fd = -1 };

  if (!perform (&self, &local_error)
      && (self.state != FULL || g_cancellable_is_cancelled (request->cancellable)))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  *truncated = self.state == FULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

gboolean
domuimg_http_get_to_fd (const DomuimgHttpRequest *request, int fd, GError **error)
{
  Transfer self = { .request = request, .fd = fd };

  return perform (&self, error);
}

gboolean
domuimg_http_resume_to_fd (const DomuimgHttpRequest *request, int fd, GError **error)
{
  g_autoptr (GError) local = NULL;
  Transfer self = { .request = request, .fd = fd, .from = lseek (fd, 0, SEEK_END) };

  if (self.from < 0)
    return domuimg_set_errno (error, errno, "keeping what comes from %s", request->uri);
  if (perform (&self, &local))
    return TRUE;
  if (!self.cannot_resume)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (request->checksum != NULL)
    g_checksum_reset (request->checksum);
  if (ftruncate (fd, 0) != 0 || lseek (fd, 0, SEEK_SET) < 0)
    return domuimg_set_errno (error, errno, "keeping what comes from %s", request->uri);
  return domuimg_http_get_to_fd (request, fd, error);
}
