/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's monitor with somebody else at its other end, and what a serial line says. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/qemu/machine.h"
#include "lib/qemu/qmp.h"
#include "lib/qemu/serial.h"

typedef struct {
  DomuimgQmp *qmp;
  DomuimgFd other;
  GString *events;
} Fixture;

static void
on_event (const char *name, JsonObject *data, gpointer user_data)
{
  Fixture *self = user_data;

  g_string_append_printf (
      self->events, "%s(%s)", name,
      data != NULL ? json_object_get_string_member_with_default (data, "reason", "") : "-");
}

static void
set_up (Fixture *self, gconstpointer data)
{
  int ends[2];

  g_assert_no_errno (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  self->events = g_string_new (NULL);
  self->other = ends[1];
  self->qmp = domuimg_qmp_new (ends[0], on_event, self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  domuimg_qmp_free (self->qmp);
  domuimg_fd_clear (&self->other);
  g_string_free (self->events, TRUE);
}

static void
say (Fixture *self, const char *text)
{
  g_assert_true (domuimg_write_all (self->other, text, strlen (text)));
}

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define RESET "{\"event\": \"RESET\", \"data\": {\"guest\": true, \"reason\": \"guest-reset\"}}\r\n"

static void
test_events_between (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) answer = NULL;
  char command[256] = "";

  say (self, GREETING RESET "{\"return\": {\"a\": 1}}\r\n{\"event\": \"STOP\"}\r\n");
  answer = domuimg_qmp_execute (self->qmp, "query", NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (answer), "a"), ==, 1);
  g_assert_cmpstr (self->events->str, ==, "RESET(guest-reset)STOP(-)");
  g_assert_cmpint (read (self->other, command, sizeof command - 1), >, 0);
  g_assert_cmpstr (command, ==, "{\"execute\":\"query\"}\n");
}

static void
test_a_line_in_pieces (Fixture *self, gconstpointer data)
{
  for (const char *at = RESET; *at != '\0'; at++)
    {
      char one[2] = { *at, '\0' };

      say (self, one);
      g_assert_true (domuimg_qmp_read (self->qmp, NULL));
    }
  g_assert_cmpstr (self->events->str, ==, "RESET(guest-reset)");
}

static void
test_refused (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  say (self, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}\r\n");
  g_assert_null (domuimg_qmp_execute (self->qmp, "do", NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED);
  g_assert_cmpstr (error->message, ==, "QEMU refuses do: no such thing");
}

static void
test_ended (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  shutdown (self->other, SHUT_WR);
  g_assert_null (domuimg_qmp_execute (self->qmp, "do", NULL, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED);
  g_assert_cmpint (domuimg_qmp_get_fd (self->qmp), ==, -1);
}

static void
test_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (domuimg_qmp_execute (self->qmp, "do", NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_not_json (Fixture *self, gconstpointer data)
{
  static const char *const lines[] = { "x\n", "{\"event\":\n", "{\"event\": 5, \"data\": 7}}\n" };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (GError) error = NULL;

      say (self, lines[i]);
      g_assert_false (domuimg_qmp_read (self->qmp, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
    }
}

static void
test_other_shapes (Fixture *self, gconstpointer data)
{
  say (self, "[]\n1\nnull\n\"event\"\n{}\n{\"event\": {}}\n{\"event\": \"A\", \"data\": []}\n{\"event\": 5}\n");
  g_assert_true (domuimg_qmp_read (self->qmp, NULL));
  g_assert_cmpstr (self->events->str, ==, "A(-)");
}

static void
test_serial (void)
{
  static const struct {
    const char *text, *news, *panic;
  } cases[] = {
    { "Installing\r\n", "Installing", NULL },
    { "\033[1;31mRed\033[0m words\r\n", "Red words", NULL },
    { "\033[2JTitle\033[10;4HBelow\n", "Below", NULL },
    { "50%\n---\n", NULL, NULL },
    { "[    2.1] Linux\n", NULL, NULL },
    { "[ 3.1] Kernel panic - not syncing: Attempted to kill init!\r\n", NULL,
      "Kernel panic - not syncing: Attempted to kill init!" },
    { "not ended", NULL, NULL },
    { "caf\xe9 noir\n", "caf\xef\xbf\xbd noir", NULL },
  };
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *log = g_build_filename (directory, "log", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (DomuimgSerial) serial = domuimg_serial_new (log, "Prompt:", &error);
      g_autofree char *kept = NULL;

      g_assert_no_error (error);
      for (const char *at = cases[i].text; *at != '\0'; at++)
        g_assert_true (domuimg_serial_take (serial, at, 1, NULL));
      g_assert_cmpstr (domuimg_serial_get_news (serial), ==, cases[i].news);
      g_assert_null (domuimg_serial_get_news (serial));
      g_assert_cmpstr (domuimg_serial_get_panic (serial), ==, cases[i].panic);
      g_assert_true (g_file_get_contents (log, &kept, NULL, NULL));
      g_assert_cmpstr (kept, ==, cases[i].text);
      g_assert_no_errno (g_unlink (log));
    }
  g_assert_no_errno (g_rmdir (directory));
}

static gboolean
stirs (DomuimgSerial *serial, const char *text)
{
  g_assert_true (domuimg_serial_take (serial, text, strlen (text), NULL));
  return domuimg_serial_has_stirred (serial);
}

static void
test_what_is_news (void)
{
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *log = g_build_filename (directory, "log", NULL);
  g_autoptr (DomuimgSerial) serial = domuimg_serial_new (log, "Prompt:", NULL);

  g_assert_true (stirs (serial, "4- log ][ Nov 30 16:46 ]\033[19B"));
  g_assert_false (stirs (serial, "4- log ][ Nov 30 16:47 ]\033[19B"));
  g_assert_false (stirs (serial, "\033[H\033[7m\033[K"));
  g_assert_true (stirs (serial, "Copying file 1\n"));
  g_assert_true (stirs (serial, "Copying file 2\n"));
  g_assert_true (stirs (serial, "Downloading  ... 4%"));
  g_assert_null (domuimg_serial_get_question (serial));
  stirs (serial, "\nDownloading a file failed:\n");
  stirs (serial, "  1: Retry [*],  2: Change mirror,\n");
  stirs (serial, "Prompt: '?' for help, default=1> \n");
  g_assert_cmpstr (domuimg_serial_get_question (serial), ==, "Downloading a file failed");
  g_assert_no_errno (g_unlink (log));
  g_assert_no_errno (g_rmdir (directory));
}

static void
test_addresses (void)
{
  static const char *const rows[][2] = {
    { "http://127.0.0.1:8000/a%20b/", "http://10.0.2.2:8000/a%20b/" },
    { "https://LocalHost/debian", "https://10.0.2.2/debian" },
    { "http://[::1]/debian", "http://10.0.2.2/debian" },
    { "http://localhost.example.com/", "http://localhost.example.com/" },
    { "http://192.0.2.1/", "http://192.0.2.1/" },
    { "not an address", "not an address" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *mapped = domuimg_qemu_map_address (rows[i][0]);

      g_assert_cmpstr (mapped, ==, rows[i][1]);
    }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*function) (Fixture *self, gconstpointer data);
  } tests[] = {
    { "/qemu/events-between", test_events_between },
    { "/qemu/a-line-in-pieces", test_a_line_in_pieces },
    { "/qemu/refused", test_refused },
    { "/qemu/ended", test_ended },
    { "/qemu/cancelled", test_cancelled },
    { "/qemu/not-json", test_not_json },
    { "/qemu/other-shapes", test_other_shapes },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
  g_test_add_func ("/qemu/addresses", test_addresses);
  g_test_add_func ("/qemu/serial", test_serial);
  g_test_add_func ("/qemu/what-is-news", test_what_is_news);
  return g_test_run ();
}
