/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/label.h"
#include "tests/unit/undo-fixtures.h"

static void
test_commit_gives_all_names (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = undo_path ("out/deep");
  g_autofree char *a = g_build_filename (out, "a", NULL);
  g_autofree char *b = g_build_filename (out, "b", NULL);
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_no_error (error);
  g_assert_true (domuimg_undo_make_parents (undo, out, &error));
  g_autofree char *temporary_a = undo_add_file (undo, a, "A", FALSE);
  g_autofree char *temporary_b = undo_add_file (undo, b, "B", FALSE);
  g_assert_false (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  g_assert_true (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (b, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (undo_count_files ("out/deep"), ==, 2);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_without_commit_nothing_is_left (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = undo_path ("out/deep");
  g_autofree char *a = g_build_filename (out, "a", NULL);
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_true (domuimg_undo_make_parents (undo, out, &error));
  g_autofree char *temporary = undo_add_file (undo, a, "A", FALSE);
  g_autofree char *work = domuimg_undo_make_directory (undo, out, &error);
  g_autofree char *inside = g_build_filename (work, "file", NULL);
  g_assert_true (g_file_set_contents (inside, "x", -1, NULL));
  domuimg_undo_free (undo);
  g_assert_cmpuint (undo_count_files ("."), ==, 1);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_what_is_there_is_kept (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = undo_path ("a");
  g_autofree char *text = NULL;
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_true (g_file_set_contents (a, "old", -1, NULL));
  g_assert_null (domuimg_undo_add_result (undo, a, FALSE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  g_clear_error (&error);
  /* Also when it is made by somebody after it was looked at. */
  g_assert_cmpint (g_unlink (a), ==, 0);
  g_autofree char *temporary = undo_add_file (undo, a, "new", FALSE);
  g_assert_true (g_file_set_contents (a, "old", -1, NULL));
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  domuimg_undo_free (undo);
  g_assert_true (g_file_get_contents (a, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "old");
  g_assert_false (g_file_test (temporary, G_FILE_TEST_EXISTS));
}

static void
test_a_failed_commit_takes_all_names_back (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = undo_path ("a");
  g_autofree char *b = undo_path ("b");
  DomuimgUndo *undo = domuimg_undo_new (&error);
  g_autofree char *temporary_a = undo_add_file (undo, a, "A", FALSE);
  g_autofree char *temporary_b = undo_add_file (undo, b, "B", FALSE);

  g_assert_true (g_file_set_contents (b, "old", -1, NULL));
  g_assert_false (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  g_assert_false (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (b, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (undo_count_files ("."), ==, 2);
}

static void
test_a_removal_waits_for_the_commit (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = undo_path ("old");
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (path, "old", -1, &error));
  g_assert_true (domuimg_undo_add_removal (undo, path, &error));
  domuimg_undo_free (undo);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  undo = domuimg_undo_new (&error);
  g_assert_true (domuimg_undo_add_removal (undo, path, &error));
  g_assert_true (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

/* A commit that replaces a and b, where b is made unfit by @spoil after both were registered. */
static void
commit_spoiled (void (*spoil) (const char *path), int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = undo_path ("a");
  g_autofree char *b = undo_path ("b");
  g_autofree char *c = undo_path ("c");
  DomuimgUndo *undo = domuimg_undo_new (&error);

  undo_write ("a", "old");
  undo_write ("c", "old");
  g_autofree char *temporary_a = undo_add_file (undo, a, "new", TRUE);
  g_assert_true (domuimg_undo_add_removal (undo, c, &error));
  g_autofree char *temporary_b = undo_add_file (undo, b, "new", TRUE);
  /* Who made it may have it open still. */
  int fd = g_open (temporary_a, O_RDWR, 0);
  spoil (b);
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, code);
  domuimg_undo_free (undo);
  close (fd);
  undo_assert_content ("a", "old");
  undo_assert_content ("c", "old");
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
make_directory (const char *path)
{
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
test_a_directory_in_the_way (void)
{
  commit_spoiled (make_directory, DOMUIMG_ERROR_IO);
  g_assert_cmpuint (undo_count_files ("."), ==, 4);
}

/* As chattr +i; EPERM comes at the rename only. */
static gboolean
set_immutable (const char *path, gboolean immutable)
{
  int fd = g_open (path, O_RDONLY, 0);
  int flags = 0;
  gboolean ok = fd >= 0 && ioctl (fd, FS_IOC_GETFLAGS, &flags) == 0;

  flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  ok = ok && ioctl (fd, FS_IOC_SETFLAGS, &flags) == 0;
  close (fd);
  return ok;
}

static void
make_immutable (const char *path)
{
  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  g_assert_true (set_immutable (path, TRUE));
}

static gboolean
can_be_immutable (void)
{
  g_autofree char *path = undo_path ("probe");
  gboolean ok;

  undo_write ("probe", "");
  ok = set_immutable (path, TRUE) && set_immutable (path, FALSE);
  g_unlink (path);
  if (!ok)
    g_test_skip ("files cannot be made immutable here");
  return ok;
}

static void
test_an_immutable_file_in_the_way (void)
{
  g_autofree char *b = undo_path ("b");

  if (!can_be_immutable ())
    return;
  commit_spoiled (make_immutable, DOMUIMG_ERROR_PERMISSION);
  undo_assert_content ("b", "old");
  g_assert_true (set_immutable (b, FALSE));
  g_assert_cmpuint (undo_count_files ("."), ==, 4);
}

static void
test_what_cannot_be_removed_stays_with_the_rest (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = undo_path ("a");
  g_autofree char *b = undo_path ("b");
  DomuimgUndo *undo;

  if (!can_be_immutable ())
    return;
  undo = domuimg_undo_new (&error);
  undo_write ("a", "old");
  make_immutable (b);
  g_assert_true (domuimg_undo_add_removal (undo, a, &error));
  g_assert_true (domuimg_undo_add_removal (undo, b, &error));
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_PERMISSION);
  domuimg_undo_free (undo);
  g_assert_true (set_immutable (b, FALSE));
  undo_assert_content ("a", "old");
  undo_assert_content ("b", "old");
  g_assert_cmpuint (undo_count_files ("."), ==, 3);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
remove_temporary (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (undo_scratch, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *found = undo_path (name);

      if (g_str_has_prefix (name, ".b."))
        g_assert_cmpint (g_unlink (found), ==, 0);
    }
}

static void
test_a_result_that_vanished_is_an_error (void)
{
  commit_spoiled (remove_temporary, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_cmpuint (undo_count_files ("."), ==, 3);
}

static int held = -1;

static void
open_for_writing (const char *path)
{
  held = g_open (path, O_RDWR | O_CREAT, 0600);
  g_assert_cmpint (held, >=, 0);
}

static void
test_what_is_in_use_is_not_replaced (void)
{
  commit_spoiled (open_for_writing, DOMUIMG_ERROR_BUSY);
  close (held);
}

static void
test_what_changed_since_is_not_replaced (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = undo_path ("a");
  g_autofree char *label = NULL;
  DomuimgUndo *undo = domuimg_undo_new (&error);

  undo_write ("a", "old");
  label = domuimg_label_of (a, &error);
  g_autofree char *temporary = undo_add_file (undo, a, "new", TRUE);
  domuimg_undo_expect (undo, a, label);
  undo_append ("a", " and newer");
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY);
  domuimg_undo_free (undo);
  undo_assert_content ("a", "old and newer");
}

static void
test_what_is_not_made_is_not_missed (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = undo_path ("a");
  g_autofree char *b = undo_path ("b");
  DomuimgUndo *undo = domuimg_undo_new (&error);
  g_autofree char *temporary_a = undo_add_file (undo, a, "A", FALSE);
  g_autofree char *temporary_b = domuimg_undo_add_result (undo, b, FALSE, &error);

  domuimg_undo_drop_result (undo, temporary_b);
  g_assert_true (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  undo_assert_content ("a", "A");
  g_assert_cmpuint (undo_count_files ("."), ==, 2);
}

/* A link in a circle: whether there is something cannot be told. */
static void
test_what_cannot_be_looked_at_is_no_directory_of_ours (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *circle = undo_path ("circle");
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_cmpint (symlink ("circle", circle), ==, 0);
  g_assert_false (domuimg_undo_make_parents (undo, circle, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_IO);
  domuimg_undo_free (undo);
  g_assert_true (g_file_test (circle, G_FILE_TEST_IS_SYMLINK));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/undo/commit-gives-all-names", test_commit_gives_all_names, undo_run);
  g_test_add_data_func ("/undo/without-commit-nothing-is-left",
                        test_without_commit_nothing_is_left, undo_run);
  g_test_add_data_func ("/undo/what-is-there-is-kept", test_what_is_there_is_kept, undo_run);
  g_test_add_data_func ("/undo/a-failed-commit-takes-all-names-back",
                        test_a_failed_commit_takes_all_names_back, undo_run);
  g_test_add_data_func ("/undo/a-removal-waits-for-the-commit",
                        test_a_removal_waits_for_the_commit, undo_run);
  g_test_add_data_func ("/undo/a-directory-in-the-way", test_a_directory_in_the_way, undo_run);
  g_test_add_data_func ("/undo/an-immutable-file-in-the-way",
                        test_an_immutable_file_in_the_way, undo_run);
  g_test_add_data_func ("/undo/what-cannot-be-removed-stays-with-the-rest",
                        test_what_cannot_be_removed_stays_with_the_rest, undo_run);
  g_test_add_data_func ("/undo/a-result-that-vanished-is-an-error",
                        test_a_result_that_vanished_is_an_error, undo_run);
  g_test_add_data_func ("/undo/what-is-in-use-is-not-replaced",
                        test_what_is_in_use_is_not_replaced, undo_run);
  g_test_add_data_func ("/undo/what-changed-since-is-not-replaced",
                        test_what_changed_since_is_not_replaced, undo_run);
  g_test_add_data_func ("/undo/what-is-not-made-is-not-missed",
                        test_what_is_not_made_is_not_missed, undo_run);
  g_test_add_data_func ("/undo/what-cannot-be-looked-at-is-no-directory-of-ours",
                        test_what_cannot_be_looked_at_is_no_directory_of_ours, undo_run);
  return g_test_run ();
}
