/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* A shell is the program under test here, never the library's way to run one. */
static DomuimgExec *
shell (const char *script)
{
  DomuimgExec *exec = domuimg_exec_new ("sh");

  domuimg_exec_arg (exec, "-c");
  domuimg_exec_arg (exec, script);
  return exec;
}

static char *
output_of (DomuimgExec *exec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = domuimg_exec_output (exec, NULL, &error);

  g_assert_no_error (error);
  gsize size;
  const char *data = g_bytes_get_data (bytes, &size);
  return g_strndup (size > 0 ? data : "", size);
}

static void
collect_line (const char *line, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (line));
}

static char *
join_lines (GPtrArray *lines)
{
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("|", (char **) lines->pdata);
}

static void
test_arguments_reach_the_program_as_they_are (void)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("printf");

  domuimg_exec_arg (exec, "[%s]");
  domuimg_exec_arg (exec, "a  b; $HOME `id` * '");
  domuimg_exec_argf (exec, "%d", 42);
  domuimg_exec_arg (exec, "");
  g_autofree char *output = output_of (exec);
  g_assert_cmpstr (output, ==, "[a  b; $HOME `id` * '][42][]");
}

static void
test_lines_of_both_outputs_are_delivered (void)
{
  g_autoptr (DomuimgExec) exec
      = shell ("echo one; sleep 0.1; printf 'two\\r50%%\\r\\n\\n\\377x' >&2");
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  domuimg_exec_on_line (exec, collect_line, lines);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *joined = join_lines (lines);
  g_assert_cmpstr (joined, ==, "one|two|50%|\357\277\275x");
  g_assert_cmpstr (domuimg_exec_get_tail (exec), ==, "two\n50%\n\357\277\275x");
}

static void
test_output_is_collected_whole_and_stderr_is_not_in_it (void)
{
  g_autoptr (DomuimgExec) exec = shell ("head -c 3000000 /dev/zero; echo no >&2");
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  domuimg_exec_on_line (exec, collect_line, lines);
  g_autoptr (GBytes) bytes = domuimg_exec_output (exec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 3000000);
  g_assert_cmpuint (lines->len, ==, 1);
}

static void
test_failure_has_status_and_last_lines (void)
{
  g_autoptr (DomuimgExec) exec = shell ("echo first >&2; echo last >&2; exit 3");
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_exec_run (exec, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED);
  g_assert_cmpstr (error->message, ==, "sh failed with status 3: last\nfirst\nlast");
}

static void
test_death_by_signal_is_a_failure (void)
{
  g_autoptr (DomuimgExec) exec = shell ("kill -SEGV $$");
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_exec_run (exec, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED);
  g_assert_nonnull (strstr (error->message, "signal 11"));
}

static void
test_missing_program_names_its_package (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = domuimg_search_path ();
  g_auto (GStrv) directories = g_strsplit (path, ":", -1);

  g_assert_cmpstr (domuimg_package_of_program ("mke2fs"), ==, "e2fsprogs");
  g_assert_null (domuimg_package_of_program ("no-such-program"));
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("no-such-program");
  g_assert_false (domuimg_exec_run (exec, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_MISSING_TOOL);
  g_assert_cmpstr (error->message, ==, "no-such-program is not installed");
  g_assert_true (g_strv_contains ((const char *const *) directories, "/usr/sbin"));

  g_autofree char *tool = domuimg_find_program ("xorriso");
  g_clear_error (&error);
  if (tool != NULL)
    {
      g_test_skip ("xorriso, which this looks for in vain, is installed");
      return;
    }
  g_autoptr (DomuimgExec) known = domuimg_exec_new ("xorriso");
  g_assert_false (domuimg_exec_run (known, NULL, &error));
  g_assert_cmpstr (error->message, ==, "xorriso is not installed: apt-get install xorriso");
}

static void
test_program_that_cannot_be_executed (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "domuimg-exec-XXXXXX", NULL);
  g_autoptr (GError) error = NULL;
  int fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0700);

  g_assert_true (domuimg_write_all (fd, "\177ELF nonsense", 13));
  close (fd);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (path);
  g_assert_false (domuimg_exec_run (exec, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "cannot be started"));
  g_unlink (path);
}

static void
test_environment_is_clean (void)
{
  g_setenv ("SECRET", "x", TRUE);
  g_setenv ("SOURCE_DATE_EPOCH", "12", TRUE);
  g_autoptr (DomuimgExec) exec = shell ("echo $LC_ALL,$SECRET,$MINE,$SOURCE_DATE_EPOCH");
  domuimg_exec_setenv (exec, "MINE", "y");
  g_autofree char *output = output_of (exec);
  g_unsetenv ("SECRET");
  g_unsetenv ("SOURCE_DATE_EPOCH");
  g_assert_cmpstr (output, ==, "C.UTF-8,,y,12\n");
}

static void
test_descriptors_and_ignored_signals_are_not_inherited (void)
{
  g_autoptr (DomuimgExec) exec = shell ("yes | head -n 1; ls /proc/self/fd");
  int open_fd = open ("/dev/null", O_RDONLY); /* without O_CLOEXEC, as others do */

  /* Were SIGPIPE still ignored, yes would complain and more be said. */
  signal (SIGPIPE, SIG_IGN);
  g_autofree char *output = output_of (exec);
  signal (SIGPIPE, SIG_DFL);
  close (open_fd);
  g_assert_cmpstr (domuimg_exec_get_tail (exec), ==, "");
  g_assert_cmpstr (output, ==, "y\n0\n1\n2\n3\n");
}

static void
test_stdin_is_null_or_what_is_given (void)
{
  g_autoptr (DomuimgExec) without = domuimg_exec_new ("cat");
  g_autoptr (DomuimgExec) with = domuimg_exec_new ("cat");
  g_autofree char *nothing = output_of (without);
  int ends[2];

  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  g_assert_true (domuimg_write_all (ends[1], "hello", 5));
  close (ends[1]);
  domuimg_exec_stdin_fd (with, ends[0]);
  g_autofree char *output = output_of (with);
  g_assert_cmpstr (output, ==, "hello");
  close (ends[0]);
}

static void
test_streamed_output_is_read_by_the_caller (void)
{
  g_autoptr (DomuimgExec) exec = shell ("head -c 500000 /dev/zero; echo bad >&2; exit 4");
  g_autoptr (GError) error = NULL;
  int fd = domuimg_exec_start (exec, NULL, &error);
  char buffer[4096];
  gssize got;
  gsize total = 0;

  g_assert_no_error (error);
  while ((got = read (fd, buffer, sizeof buffer)) > 0)
    total += (gsize) got;
  g_assert_cmpuint (total, ==, 500000);
  g_assert_false (domuimg_exec_finish (exec, &error));
  g_assert_cmpstr (error->message, ==, "sh failed with status 4: bad");
}

static void
test_streaming_a_missing_program_fails_at_once (void)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("no-such-program");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (domuimg_exec_start (exec, NULL, &error), ==, -1);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_MISSING_TOOL);
}

static void
test_finish_does_not_wait_for_output_that_nobody_reads (void)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("yes");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (domuimg_exec_start (exec, NULL, &error), >=, 0);
  g_assert_false (domuimg_exec_finish (exec, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_TOOL_FAILED);
}

/* Whether the process is there, and no zombie that its new parent has yet to see. */
static gboolean
is_alive (int pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", pid);
  g_autofree char *stat = NULL;

  if (!g_file_get_contents (path, &stat, NULL, NULL))
    return FALSE;
  return strstr (stat, ") Z") == NULL;
}

static void
assert_dies (int pid)
{
  g_assert_cmpint (pid, >, 1);
  for (int i = 0; i < 100 && is_alive (pid); i++)
    g_usleep (20000);
  g_assert_false (is_alive (pid));
}

typedef struct {
  GCancellable *cancellable;
  int pid;
} Grandchild;

static void
cancel_when_told_of_it (const char *line, gpointer user_data)
{
  Grandchild *self = user_data;

  self->pid = atoi (line);
  g_cancellable_cancel (self->cancellable);
}

static void
test_cancellation_kills_grandchildren (void)
{
  g_autoptr (DomuimgExec) exec = shell ("sleep 1000 & echo $!; wait");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Grandchild grandchild = { cancellable, 0 };

  domuimg_exec_on_line (exec, cancel_when_told_of_it, &grandchild);
  g_assert_false (domuimg_exec_run (exec, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_dies (grandchild.pid);
}

static void
test_cancellation_ends_what_ignores_sigterm (void)
{
  g_autoptr (DomuimgExec) exec
      = shell ("trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $!; wait; wait; sleep 1000");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Grandchild grandchild = { cancellable, 0 };
  gint64 before = g_get_monotonic_time ();

  domuimg_exec_on_line (exec, cancel_when_told_of_it, &grandchild);
  g_assert_false (domuimg_exec_run (exec, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 2900000);
  assert_dies (grandchild.pid);
}

static void
test_cancelled_before_it_starts_nothing (void)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("no-such-program");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (domuimg_exec_run (exec, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_freeing_ends_a_streaming_program (void)
{
  DomuimgExec *exec = shell ("echo $$; exec sleep 1000");
  g_autoptr (GError) error = NULL;
  int fd = domuimg_exec_start (exec, NULL, &error);
  char buffer[32] = "";

  g_assert_no_error (error);
  g_assert_cmpint (read (fd, buffer, sizeof buffer - 1), >, 0);
  domuimg_exec_free (exec);
  g_assert_false (is_alive (atoi (buffer)));
}

static void
test_background_process_does_not_hold_us_up (void)
{
  g_autoptr (DomuimgExec) exec = shell ("sleep 1000 & echo $!");
  gint64 before = g_get_monotonic_time ();
  g_autofree char *output = output_of (exec);

  g_assert_cmpint (g_get_monotonic_time () - before, <, 500 * G_TIME_SPAN_SECOND);
  assert_dies (atoi (output));
}

/* In a process of its own, which then dies of SIGKILL. */
static void
run_and_be_killed (int report)
{
  g_autoptr (DomuimgExec) exec = shell ("echo $$; exec sleep 1000");
  g_autoptr (GError) error = NULL;
  char buffer[32];
  int fd = domuimg_exec_start (exec, NULL, &error);
  gssize got = fd >= 0 ? read (fd, buffer, sizeof buffer) : 0;

  if (got > 0 && domuimg_write_all (report, buffer, (gsize) got))
    raise (SIGKILL);
  _exit (1);
}

static void
test_program_dies_with_us (void)
{
  char buffer[32] = "";
  int ends[2];

  g_assert_cmpint (pipe2 (ends, O_CLOEXEC), ==, 0);
  pid_t pid = fork ();
  if (pid == 0)
    run_and_be_killed (ends[1]);
  close (ends[1]);
  g_assert_cmpint (read (ends[0], buffer, sizeof buffer - 1), >, 0);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  assert_dies (atoi (buffer));
  close (ends[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/exec/arguments-reach-the-program-as-they-are",
                   test_arguments_reach_the_program_as_they_are);
  g_test_add_func ("/exec/lines-of-both-outputs-are-delivered",
                   test_lines_of_both_outputs_are_delivered);
  g_test_add_func ("/exec/output-is-collected-whole-and-stderr-is-not-in-it",
                   test_output_is_collected_whole_and_stderr_is_not_in_it);
  g_test_add_func ("/exec/failure-has-status-and-last-lines",
                   test_failure_has_status_and_last_lines);
  g_test_add_func ("/exec/death-by-signal-is-a-failure", test_death_by_signal_is_a_failure);
  g_test_add_func ("/exec/missing-program-names-its-package",
                   test_missing_program_names_its_package);
  g_test_add_func ("/exec/program-that-cannot-be-executed",
                   test_program_that_cannot_be_executed);
  g_test_add_func ("/exec/environment-is-clean", test_environment_is_clean);
  g_test_add_func ("/exec/descriptors-and-ignored-signals-are-not-inherited",
                   test_descriptors_and_ignored_signals_are_not_inherited);
  g_test_add_func ("/exec/stdin-is-null-or-what-is-given", test_stdin_is_null_or_what_is_given);
  g_test_add_func ("/exec/streamed-output-is-read-by-the-caller",
                   test_streamed_output_is_read_by_the_caller);
  g_test_add_func ("/exec/streaming-a-missing-program-fails-at-once",
                   test_streaming_a_missing_program_fails_at_once);
  g_test_add_func ("/exec/finish-does-not-wait-for-output-that-nobody-reads",
                   test_finish_does_not_wait_for_output_that_nobody_reads);
  g_test_add_func ("/exec/cancellation-kills-grandchildren",
                   test_cancellation_kills_grandchildren);
  g_test_add_func ("/exec/cancellation-ends-what-ignores-sigterm",
                   test_cancellation_ends_what_ignores_sigterm);
  g_test_add_func ("/exec/cancelled-before-it-starts-nothing",
                   test_cancelled_before_it_starts_nothing);
  g_test_add_func ("/exec/freeing-ends-a-streaming-program",
                   test_freeing_ends_a_streaming_program);
  g_test_add_func ("/exec/background-process-does-not-hold-us-up",
                   test_background_process_does_not_hold_us_up);
  g_test_add_func ("/exec/program-dies-with-us", test_program_dies_with_us);
  return g_test_run ();
}
