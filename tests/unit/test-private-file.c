/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What holds a guest's bytes is its owner's alone, and threads that are refused are errors. */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/async.h"
#include "lib/base/exec.h"
#include "lib/base/private-file.h"
#include "lib/base/thread.h"
#include "lib/build/copy-out.h"
#include "lib/disk/file.h"
#include "lib/tree/dir.h"
#include "lib/tree/faults.h"
#include "lib/tree/memory.h"

#define NOBODY 65534

static guint
mode_of (const char *path)
{
  GStatBuf status;

  g_assert_no_errno (g_stat (path, &status));
  return status.st_mode & 07777;
}

static void
copy (const char *to)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (GError) error = NULL;

  domuimg_tree_write_text (tree, "vmlinuz", "x", 0644, &error);
  g_assert_no_error (error);
  domuimg_copy_out (tree, "vmlinuz", to, to, NULL, &error);
  g_assert_no_error (error);
}

static void
test_modes (void)
{
  static const mode_t masks[] = { 0000, 0022, 0077, 0777 };
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *made = g_build_filename (directory, "made", NULL);
  g_autofree char *copied = g_build_filename (directory, "copied", NULL);
  g_autofree char *disk = g_build_filename (directory, "disk", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++)
    {
      mode_t before = umask (masks[i]);
      g_autoptr (GError) error = NULL;
      int fd = domuimg_private_file_make (made, &error);

      g_assert_no_error (error);
      close (fd);
      g_assert_cmpint (domuimg_private_file_make (made, &error), ==, -1);
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
      copy (copied);
      g_assert_true (domuimg_disk_file_allocate_raw (NULL, disk, 4096, NULL, NULL, NULL));
      umask (before);
      g_assert_cmpuint (mode_of (made), ==, 0600);
      g_assert_cmpuint (mode_of (copied), ==, 0600);
      g_assert_cmpuint (mode_of (disk), ==, 0600);
      g_assert_no_errno (g_unlink (made));
      g_assert_no_errno (g_unlink (copied));
      g_assert_no_errno (g_unlink (disk));
    }
  g_rmdir (directory);
}

static gpointer
nothing (gpointer data)
{
  return NULL;
}

static gpointer
work (gpointer self, gpointer arguments, DomuimgProgress *progress, GCancellable *cancellable,
      GError **error)
{
  return g_strdup ("done");
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

/* In a process that may not start another: 0 where all say so. */
static int
try_threads (void)
{
  g_autoptr (GObject) source = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("true");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  const struct rlimit none = { 0, 0 };

  if ((getuid () == 0 && setuid (NOBODY) != 0) || setrlimit (RLIMIT_NPROC, &none) != 0)
    return 10;
  if (domuimg_thread_start ("test", nothing, NULL, &error) != NULL
      || !g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY))
    return 11;
  g_clear_error (&error);
  domuimg_async_start (source, work, NULL, NULL, g_free, NULL, NULL, on_done, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  if (domuimg_async_finish (source, result, &error) != NULL
      || !g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY))
    return 12;
  g_clear_error (&error);
  if (domuimg_exec_start (exec, NULL, &error) >= 0
      || !g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY))
    return 13;
  return 0;
}

static void
test_threads_that_are_refused (void)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    _exit (try_threads ());
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

#ifndef __SANITIZE_ADDRESS__
/* A file of 1 GiB in a process that has room for far less: 0 where that is an error. */
static int
try_memory (void)
{
  const struct rlimit little = { 256 << 20, 256 << 20 };
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *file = g_build_filename (directory, "vmlinuz", NULL);
  g_autoptr (DomuimgTree) tree = domuimg_tree_dir_new (directory, NULL);
  g_autoptr (GError) error = NULL, fault = NULL;
  int fd = open (file, O_CREAT | O_WRONLY, 0600);
  int result = 0;

  if (ftruncate (fd, 1 << 30) != 0 || setrlimit (RLIMIT_DATA, &little) != 0)
    return 10;
  if (domuimg_tree_read (tree, "vmlinuz", (gsize) 1 << 31, &error) != NULL)
    result = 11;
  else if (strstr (error->message, "too little memory") == NULL)
    result = 12;
  else if (domuimg_tree_check_faults (tree, &fault))
    result = 13;
  g_unlink (file);
  g_rmdir (directory);
  return result;
}

static void
test_memory_that_is_refused (void)
{
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    _exit (try_memory ());
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}
#endif

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/private-file/modes", test_modes);
  g_test_add_func ("/private-file/threads-that-are-refused", test_threads_that_are_refused);
#ifndef __SANITIZE_ADDRESS__
  g_test_add_func ("/private-file/memory-that-is-refused", test_memory_that_is_refused);
#endif
  return g_test_run ();
}
