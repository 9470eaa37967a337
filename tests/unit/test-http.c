/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HTTP client against a server in a thread: its limits, and what each failure is called. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/http.h"

#define BIG 300000

typedef struct {
  GSocketService *service;
  guint16 port;
  GCancellable *over; /* ends answers that never end */
  gint answers;       /* that are being given */
} Fixture;

static void
send_text (GOutputStream *out, const char *text)
{
  g_output_stream_write_all (out, text, strlen (text), NULL, NULL, NULL);
}

static gboolean
answer (GThreadedSocketService *service, GSocketConnection *connection, GObject *source,
        gpointer data)
{
  Fixture *self = data;
  GOutputStream *out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  GInputStream *in = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autofree char *body = g_strnfill (BIG, 'x');
  char request[4096] = "";

  g_atomic_int_inc (&self->answers);
  g_input_stream_read (in, request, sizeof request - 1, NULL, NULL);
  if (strstr (request, "GET /hello ") != NULL)
    send_text (out, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  else if (strstr (request, "GET /moved ") != NULL)
    send_text (out, "HTTP/1.0 302 Found\r\nLocation: /hello\r\n\r\n");
  else if (strstr (request, "GET /to-file ") != NULL)
    send_text (out, "HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n");
  else if (strstr (request, "GET /refused ") != NULL)
    send_text (out, "HTTP/1.0 403 Forbidden\r\n\r\n");
  else if (strstr (request, "GET /broken ") != NULL)
    send_text (out, "HTTP/1.0 500 Oh no\r\n\r\n");
  else if (strstr (request, "GET /big ") != NULL)
    {
      send_text (out, "HTTP/1.0 200 OK\r\n\r\n");
      send_text (out, body);
    }
  else if (strstr (request, "GET /endless ") != NULL)
    {
      send_text (out, "HTTP/1.0 200 OK\r\nContent-Length: 1000\r\n\r\n.");
      while (!g_cancellable_is_cancelled (self->over))
        g_usleep (10000);
    }
  else
    send_text (out, "HTTP/1.0 404 Not Found\r\n\r\n");
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_atomic_int_add (&self->answers, -1);
  return TRUE;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  GError *error = NULL;

  self->over = g_cancellable_new ();
  self->service = g_threaded_socket_service_new (10);
  self->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (self->service), NULL, &error);
  g_assert_no_error (error);
  g_signal_connect (self->service, "run", G_CALLBACK (answer), self);
  g_socket_service_start (self->service);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_cancellable_cancel (self->over);
  while (g_atomic_int_get (&self->answers) > 0)
    g_usleep (1000);
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  g_object_unref (self->service);
  g_object_unref (self->over);
}

/* Connections are accepted in the main context, which waits here for the client's thread. */
typedef struct {
  const DomuimgHttpRequest *request;
  gboolean *truncated; /* (nullable) then all of it is asked for */
  GError **error;
  GBytes *bytes;
  gint done;
} Call;

static gpointer
run_call (gpointer data)
{
  Call *self = data;

  self->bytes = self->truncated != NULL
                    ? domuimg_http_get_start (self->request, self->truncated, self->error)
                    : domuimg_http_get (self->request, self->error);
  g_atomic_int_set (&self->done, 1);
  g_main_context_wakeup (NULL);
  return NULL;
}

static GBytes *
get (Fixture *self, const char *path, DomuimgHttpRequest request, gboolean *truncated,
     GError **error)
{
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/%s", self->port, path);
  Call call = { .request = &request, .truncated = truncated, .error = error };
  GThread *thread;

  request.uri = uri;
  request.schemes = "http";
  if (request.max == 0)
    request.max = G_MAXUINT64;
  thread = g_thread_new ("client", run_call, &call);
  while (!g_atomic_int_get (&call.done))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  return call.bytes;
}

static void
test_a_file_comes (Fixture *self, gconstpointer data)
{
  static const char *const paths[] = { "hello", "moved" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = get (self, paths[i], (DomuimgHttpRequest){ NULL }, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "hello", 5);
    }
}

static void
test_failures_have_names (Fixture *self, gconstpointer data)
{
  static const struct {
    const char *path;
    gboolean refused_is_absent;
    int code;
  } bad[] = {
    { "nothing", FALSE, DOMUIMG_ERROR_NOT_FOUND },
    { "refused", FALSE, DOMUIMG_ERROR_NETWORK },
    { "refused", TRUE, DOMUIMG_ERROR_NOT_FOUND },
    { "broken", TRUE, DOMUIMG_ERROR_NETWORK },
    { "to-file", FALSE, DOMUIMG_ERROR_NETWORK },
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      DomuimgHttpRequest request = { .refused_is_absent = bad[i].refused_is_absent };

      g_assert_null (get (self, bad[i].path, request, NULL, &error));
      g_assert_error (error, DOMUIMG_ERROR, bad[i].code);
      g_assert_nonnull (strstr (error->message, bad[i].path));
    }
}

static void
test_no_more_comes_than_may (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) start = NULL;
  gboolean truncated = FALSE;

  g_assert_null (get (self, "big", (DomuimgHttpRequest){ .max = 1000 }, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);
  start = get (self, "big", (DomuimgHttpRequest){ .max = 1000 }, &truncated, &error);
  g_assert_no_error (error);
  g_assert_true (truncated);
  g_assert_cmpuint (g_bytes_get_size (start), ==, 1000);
  g_clear_pointer (&start, g_bytes_unref);
  start = get (self, "big", (DomuimgHttpRequest){ .max = BIG }, &truncated, &error);
  g_assert_no_error (error);
  g_assert_false (truncated);
  g_assert_cmpuint (g_bytes_get_size (start), ==, BIG);
}

static void
test_a_deadline_ends_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  DomuimgHttpRequest request = { .deadline = start + G_TIME_SPAN_SECOND / 2,
                                 .deadline_advice = "wait longer" };

  g_assert_null (get (self, "endless", request, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NETWORK);
  g_assert_nonnull (strstr (error->message, "wait longer"));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_TIME_SPAN_SECOND);
}

static gboolean
cancel (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
test_a_cancellation_ends_it (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_timeout_add (200, cancel, cancellable);
  g_assert_null (
      get (self, "endless", (DomuimgHttpRequest){ .cancellable = cancellable }, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A proxy of the machine's would get in between. */
  g_setenv ("no_proxy", "127.0.0.1", TRUE);
  g_test_add ("/http/a-file-comes", Fixture, NULL, set_up, test_a_file_comes, tear_down);
  g_test_add ("/http/failures-have-names", Fixture, NULL, set_up, test_failures_have_names,
              tear_down);
  g_test_add ("/http/no-more-comes-than-may", Fixture, NULL, set_up, test_no_more_comes_than_may,
              tear_down);
  g_test_add ("/http/a-deadline-ends-it", Fixture, NULL, set_up, test_a_deadline_ends_it, tear_down);
  g_test_add ("/http/a-cancellation-ends-it", Fixture, NULL, set_up, test_a_cancellation_ends_it,
              tear_down);
  return g_test_run ();
}
