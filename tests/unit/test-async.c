/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Blocking calls in a thread: results, progress, cancellation, and properties of what comes back. */
#include "config.h"

#include "domuimg/domuimg.h"
#include "lib/base/async.h"
#include "lib/base/progress.h"
#include "lib/base/remove.h"

/* Where a callback leaves what it got. */
typedef struct {
  GMainLoop *loop;
  GAsyncResult *result;
  GThread *thread;   /* in which handlers are called */
  GCancellable *cancellable;
  guint changes;
} Waiting;

static void
waiting_init (Waiting *self)
{
  *self = (Waiting){ .loop = g_main_loop_new (NULL, FALSE),
                     .thread = g_thread_self (),
                     .cancellable = g_cancellable_new () };
}

static void
waiting_clear (Waiting *self)
{
  g_main_loop_unref (self->loop);
  g_clear_object (&self->result);
  g_clear_object (&self->cancellable);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Waiting *self = data;

  g_assert_true (g_thread_self () == self->thread);
  self->result = g_object_ref (result);
  g_main_loop_quit (self->loop);
}

static void
test_the_doctor_comes_back (void)
{
  g_autoptr (DomuimgDoctor) doctor = domuimg_doctor_new ();
  g_autoptr (GPtrArray) findings = NULL;
  g_autoptr (GError) error = NULL;
  Waiting waiting;

  waiting_init (&waiting);
  domuimg_doctor_examine_async (doctor, NULL, on_done, &waiting);
  g_main_loop_run (waiting.loop);
  findings = domuimg_doctor_examine_finish (doctor, waiting.result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (findings->len, >, 30);
  waiting_clear (&waiting);
}

static void
test_a_cancelled_call_is_an_error (void)
{
  g_autoptr (DomuimgDoctor) doctor = domuimg_doctor_new ();
  g_autoptr (GError) error = NULL;
  Waiting waiting;

  waiting_init (&waiting);
  g_cancellable_cancel (waiting.cancellable);
  domuimg_doctor_examine_async (doctor, waiting.cancellable, on_done, &waiting);
  g_main_loop_run (waiting.loop);
  g_assert_null (domuimg_doctor_examine_finish (doctor, waiting.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  waiting_clear (&waiting);
}

static void
test_an_absent_guest_is_an_error (void)
{
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  Waiting waiting;

  waiting_init (&waiting);
  domuimg_host_delete_guest_async ("/nowhere/absent.cfg", DOMUIMG_BACKEND_LIBXL, NULL, FALSE, 1, NULL,
                                   on_done, &waiting);
  g_main_loop_run (waiting.loop);
  lines = domuimg_host_delete_guest_finish (waiting.result, &error);
  g_assert_null (lines);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  waiting_clear (&waiting);
}

/* Goes on until it is cancelled. */
static gpointer
work_until_cancelled (gpointer self, gpointer arguments, DomuimgProgress *progress,
                      GCancellable *cancellable, GError **error)
{
  g_assert_true (g_thread_self () != ((Waiting *) arguments)->thread);
  domuimg_progress_set_message (progress, "at work");
  while (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_usleep (1000);
  return NULL;
}

static void
on_changed (DomuimgProgress *progress, double fraction, const char *message, gpointer data)
{
  Waiting *self = data;

  g_assert_true (g_thread_self () == self->thread);
  g_assert_cmpstr (message, ==, "at work");
  self->changes++;
  g_cancellable_cancel (self->cancellable);
}

static void
test_progress_comes_to_the_caller (void)
{
  g_autoptr (DomuimgProgress) progress = domuimg_progress_new ();
  g_autoptr (GError) error = NULL;
  Waiting waiting;

  waiting_init (&waiting);
  g_signal_connect (progress, "changed", G_CALLBACK (on_changed), &waiting);
  domuimg_async_start (NULL, work_until_cancelled, &waiting, NULL, NULL, progress,
                       waiting.cancellable, on_done, &waiting);
  g_main_loop_run (waiting.loop);
  g_assert_null (domuimg_async_finish (NULL, waiting.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (waiting.changes, >, 0);
  waiting_clear (&waiting);
}

/* Makes a cancelled call, and a directory to work in. */
static GCancellable *
cancelled (char **directory)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  *directory = g_dir_make_tmp ("domuimg-async-XXXXXX", NULL);
  g_assert_nonnull (*directory);
  return cancellable;
}

static void
test_what_is_cancelled_is_not_done (void)
{
  g_autofree char *directory = NULL;
  g_autoptr (GCancellable) cancellable = cancelled (&directory);
  g_autofree char *from = g_build_filename (directory, "web1.cfg", NULL);
  g_autofree char *to = g_build_filename (directory, "web1.xml", NULL);
  g_autoptr (DomuimgSpec) spec = domuimg_spec_new ();
  g_autoptr (DomuimgBuild) build = domuimg_build_new (spec);
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_build_get_plan (build, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (domuimg_cleanup (TRUE, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (domuimg_installed_kernel_list (NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (from, "name='web1'\nmemory=64\nkernel='/k'\n", -1, NULL));
  g_assert_false (domuimg_config_convert (from, to, DOMUIMG_CONFIG_FORMAT_LIBVIRT, FALSE, NULL,
                                          cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_file_test (to, G_FILE_TEST_EXISTS));
  domuimg_remove_tree (directory);
}

static void
test_getters_are_properties (void)
{
  g_autoptr (DomuimgDomain) domain = domuimg_domain_new ("web1", NULL);
  g_autofree char *name = NULL;
  DomuimgGuestType type;
  guint memory;

  domuimg_domain_set_memory (domain, 700);
  domuimg_domain_set_guest_type (domain, DOMUIMG_GUEST_TYPE_PVH);
  g_object_get (domain, "name", &name, "memory", &memory, "guest-type", &type, NULL);
  g_assert_cmpstr (name, ==, "web1");
  g_assert_cmpuint (memory, ==, 700);
  g_assert_cmpint (type, ==, DOMUIMG_GUEST_TYPE_PVH);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/async/the-doctor-comes-back", test_the_doctor_comes_back);
  g_test_add_func ("/async/a-cancelled-call-is-an-error", test_a_cancelled_call_is_an_error);
  g_test_add_func ("/async/an-absent-guest-is-an-error", test_an_absent_guest_is_an_error);
  g_test_add_func ("/async/progress-comes-to-the-caller", test_progress_comes_to_the_caller);
  g_test_add_func ("/async/what-is-cancelled-is-not-done", test_what_is_cancelled_is_not_done);
  g_test_add_func ("/async/getters-are-properties", test_getters_are_properties);
  return g_test_run ();
}
