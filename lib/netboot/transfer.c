/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/netboot/transfer.h"

#include <curl/curl.h>

#include "lib/base/fd.h"
#include "lib/netboot/url.h"

#define STALL (20 * G_TIME_SPAN_SECOND)
/* Fits an Ethernet frame; servers that know no options send 512. */
#define TFTP_BLOCK 1428L

typedef enum { GOING, FULL, STALLED, LATE, NOT_WRITTEN } State;

typedef struct {
  GByteArray *bytes; /* (nullable) then they go to @fd */
  int fd;
  guint64 size;
  guint64 max;
  State state;
  int write_error;
  gint64 last; /* when bytes came */
  gint64 deadline;
  GCancellable *cancellable;
} Transfer;

static size_t
on_data (char *data, size_t size, size_t count, void *user_data)
{
  Transfer *self = user_data;
  gsize wanted = MIN (count, self->max - self->size);

  self->last = g_get_monotonic_time ();
  self->size += wanted;
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
  gint64 time = g_get_monotonic_time ();

  if (time > self->deadline)
    self->state = LATE;
  else if (time > self->last + STALL)
    self->state = STALLED;
  return self->state != GOING || g_cancellable_is_cancelled (self->cancellable);
}

static CURL *
prepare (const char *url, Transfer *transfer, char *message)
{
  CURL *curl = curl_easy_init ();
  gint64 left = (transfer->deadline - g_get_monotonic_time ()) / 1000;

  curl_easy_setopt (curl, CURLOPT_URL, url);
  curl_easy_setopt (curl, CURLOPT_PROTOCOLS_STR, "http,https,ftp,tftp");
  curl_easy_setopt (curl, CURLOPT_REDIR_PROTOCOLS_STR,
                    g_ascii_strncasecmp (url, "https:", 6) == 0 ? "https" : "http,https");
  curl_easy_setopt (curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt (curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt (curl, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt (curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt (curl, CURLOPT_CONNECTTIMEOUT_MS, (long) (STALL / 1000));
  curl_easy_setopt (curl, CURLOPT_TIMEOUT_MS, (long) CLAMP (left, 1, G_MAXINT));
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
  return code == CURLE_TFTP_NOTFOUND || code == CURLE_REMOTE_FILE_NOT_FOUND
         || code == CURLE_FTP_COULDNT_RETR_FILE || code == CURLE_REMOTE_ACCESS_DENIED
         || code == CURLE_TFTP_PERM
         || (code == CURLE_HTTP_RETURNED_ERROR
             && (status == 404 || status == 410 || status == 403));
}

static gboolean
fail (CURLcode code, long status, const char *url, const char *message, const Transfer *self,
      GError **error)
{
  if (g_cancellable_set_error_if_cancelled (self->cancellable, error))
    return FALSE;
  if (self->state == NOT_WRITTEN)
    return domuimg_set_errno (error, self->write_error, "keeping what comes from %s", url);
  if (self->state == FULL)
    return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT,
                         "%s: the server sends more than %" G_GUINT64_FORMAT " bytes", url,
                         self->max);
  if (self->state == LATE || (code == CURLE_OPERATION_TIMEDOUT
                              && g_get_monotonic_time () >= self->deadline - 1000))
    return domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                         "%s: not here when the time limit ended; --net-timeout gives more", url);
  if (self->state == STALLED)
    return domuimg_fail (error, DOMUIMG_ERROR_NETWORK,
                         "%s: the server stopped sending; look at it and at the network", url);
  if (is_absent (code, status))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_FOUND, "%s: no such file on the server", url);
  return domuimg_fail (error, DOMUIMG_ERROR_NETWORK, "%s: %s; look at the server and the network",
                       url, *message != '\0' ? message : curl_easy_strerror (code));
}

static gboolean
perform (const char *url, Transfer *self, GError **error)
{
  static gsize initialised = 0;
  char message[CURL_ERROR_SIZE] = "";
  long status = 0;
  CURLcode code;
  CURL *curl;

  if (!domuimg_netboot_is_url (url))
    return domuimg_fail (error, DOMUIMG_ERROR_INVALID_ARGUMENT,
                         "%s is no address by http, https, ftp or tftp", url);
  if (g_once_init_enter (&initialised))
    {
      curl_global_init (CURL_GLOBAL_DEFAULT);
      g_once_init_leave (&initialised, 1);
    }
  self->last = g_get_monotonic_time ();
  curl = prepare (url, self, message);
  code = curl_easy_perform (curl);
  curl_easy_getinfo (curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup (curl);
  return code == CURLE_OK || fail (code, status, url, message, self, error);
}

GBytes *
domuimg_transfer_start (const char *url, gsize max, gboolean *truncated, gint64 deadline,
                        GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GError) local_error = NULL;
  Transfer self = { .bytes = bytes, .fd = -1, .max = max, .deadline = deadline,
                    .cancellable = cancellable };

  if (!perform (url, &self, &local_error)
      && (self.state != FULL || g_cancellable_is_cancelled (cancellable)))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  *truncated = self.state == FULL;
  return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
}

gboolean
domuimg_transfer_file (const char *url, int fd, guint64 max, gint64 deadline,
                       GCancellable *cancellable, GError **error)
{
  Transfer self = { .fd = fd, .max = max, .deadline = deadline, .cancellable = cancellable };

  return perform (url, &self, error);
}
