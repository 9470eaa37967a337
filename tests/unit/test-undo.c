/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/remove.h"
#include "lib/base/undo.h"

/* Results in a scratch directory, journals in another. */
static char *scratch;

static void
set_up (void)
{
  g_autofree char *state = NULL;

  scratch = g_dir_make_tmp ("domuimg-undo-XXXXXX", NULL);
  state = g_build_filename (scratch, "state", NULL);
  g_setenv ("DOMUIMG_STATE_DIR", state, TRUE);
}

static void
tear_down (void)
{
  g_assert_true (domuimg_remove_tree (scratch));
  g_clear_pointer (&scratch, g_free);
}

static char *
in_scratch (const char *name)
{
  return g_build_filename (scratch, name, NULL);
}

static guint
count_files (const char *name)
{
  g_autofree char *path = in_scratch (name);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}

static char *
add_result (DomuimgUndo *undo, const char *path, const char *text, gboolean replace)
{
  g_autoptr (GError) error = NULL;
  char *temporary = domuimg_undo_add_result (undo, path, replace, &error);

  g_assert_no_error (error);
  g_assert_true (g_file_set_contents (temporary, text, -1, &error));
  return temporary;
}

static void
test_commit_gives_all_names (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = in_scratch ("out/deep");
  g_autofree char *a = g_build_filename (out, "a", NULL);
  g_autofree char *b = g_build_filename (out, "b", NULL);
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_no_error (error);
  g_assert_true (domuimg_undo_make_parents (undo, out, &error));
  g_autofree char *temporary_a = add_result (undo, a, "A", FALSE);
  g_autofree char *temporary_b = add_result (undo, b, "B", FALSE);
  g_assert_false (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  g_assert_true (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (b, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count_files ("out/deep"), ==, 2);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_without_commit_nothing_is_left (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *out = in_scratch ("out/deep");
  g_autofree char *a = g_build_filename (out, "a", NULL);
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_true (domuimg_undo_make_parents (undo, out, &error));
  g_autofree char *temporary = add_result (undo, a, "A", FALSE);
  g_autofree char *work = domuimg_undo_make_directory (undo, out, &error);
  g_autofree char *inside = g_build_filename (work, "file", NULL);
  g_assert_true (g_file_set_contents (inside, "x", -1, NULL));
  domuimg_undo_free (undo);
  g_assert_cmpuint (count_files ("."), ==, 1);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_what_is_there_is_kept (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = in_scratch ("a");
  g_autofree char *text = NULL;
  DomuimgUndo *undo = domuimg_undo_new (&error);

  g_assert_true (g_file_set_contents (a, "old", -1, NULL));
  g_assert_null (domuimg_undo_add_result (undo, a, FALSE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_EXISTS);
  g_clear_error (&error);
  /* Also when it is made by somebody after it was looked at. */
  g_assert_cmpint (g_unlink (a), ==, 0);
  g_autofree char *temporary = add_result (undo, a, "new", FALSE);
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
  g_autofree char *a = in_scratch ("a");
  g_autofree char *b = in_scratch ("b");
  DomuimgUndo *undo = domuimg_undo_new (&error);
  g_autofree char *temporary_a = add_result (undo, a, "A", FALSE);
  g_autofree char *temporary_b = add_result (undo, b, "B", FALSE);

  g_assert_true (g_file_set_contents (b, "old", -1, NULL));
  g_assert_false (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  g_assert_false (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (b, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count_files ("."), ==, 2);
}

/* Runs @act in a child that is killed, as by kill -9, when it returns. */
static void
kill_after (void (*act) (void))
{
  int status;
  pid_t child = fork ();

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      act ();
      raise (SIGKILL);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
}

static void
make_without_commit (void)
{
  g_autofree char *out = in_scratch ("out");
  g_autofree char *a = in_scratch ("out/a");
  DomuimgUndo *undo = domuimg_undo_new (NULL);

  domuimg_undo_make_parents (undo, out, NULL);
  g_free (add_result (undo, a, "A", FALSE));
  g_free (domuimg_undo_make_directory (undo, out, NULL));
}

static void
test_cleanup_removes_what_a_kill_left (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) dry = NULL;
  g_auto (GStrv) lines = NULL;

  kill_after (make_without_commit);
  g_assert_cmpuint (count_files ("out"), ==, 2);
  dry = domuimg_undo_recover (TRUE, &error);
  g_assert_cmpuint (g_strv_length (dry), ==, 2);
  g_assert_cmpuint (count_files ("out"), ==, 2);
  lines = domuimg_undo_recover (FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmpuint (count_files ("."), ==, 1);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
mount_in_a_directory (void)
{
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *directory = domuimg_undo_make_directory (undo, scratch, NULL);
  g_autofree char *below = g_build_filename (directory, "disk 0", NULL);
  g_autofree char *mounted = in_scratch ("mounted");

  g_mkdir (below, 0700);
  /* Nothing goes without root; the parent sees that. */
  if (mount ("tmpfs", below, "tmpfs", 0, NULL) == 0)
    g_file_set_contents (mounted, "", 0, NULL);
}

static void
test_cleanup_unmounts_what_a_kill_left (void)
{
  g_autofree char *mounted = in_scratch ("mounted");
  g_auto (GStrv) lines = NULL;

  kill_after (mount_in_a_directory);
  if (g_unlink (mounted) != 0)
    {
      g_test_skip ("nothing can be mounted here");
      return;
    }
  g_assert_cmpuint (count_files ("."), ==, 2);
  lines = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_cmpuint (count_files ("."), ==, 1);
}

static void
test_cleanup_leaves_the_living_alone (void)
{
  g_autofree char *a = in_scratch ("a");
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *temporary = add_result (undo, a, "A", FALSE);
  g_auto (GStrv) lines = domuimg_undo_recover (FALSE, NULL);

  g_assert_cmpuint (g_strv_length (lines), ==, 0);
  g_assert_true (g_file_test (temporary, G_FILE_TEST_EXISTS));
  domuimg_undo_free (undo);
}

/* A commit that was killed before its last rename: as if both names were still missing. */
static void
commit_and_take_one_back (void)
{
  g_autofree char *a = in_scratch ("a");
  g_autofree char *b = in_scratch ("b");
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *temporary_a = add_result (undo, a, "A", FALSE);
  g_autofree char *temporary_b = add_result (undo, b, "B", FALSE);

  domuimg_undo_commit (undo, NULL);
  g_rename (b, temporary_b);
}

static void
test_cleanup_completes_a_commit (void)
{
  g_autofree char *a = in_scratch ("a");
  g_autofree char *b = in_scratch ("b");
  g_auto (GStrv) lines = NULL;

  kill_after (commit_and_take_one_back);
  g_assert_false (g_file_test (b, G_FILE_TEST_EXISTS));
  lines = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_true (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (b, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_a_removal_waits_for_the_commit (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = in_scratch ("old");
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
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_cleanup_completes_a_removal (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *state = in_scratch ("state");
  g_autofree char *journal = g_build_filename (state, "0.journal", NULL);
  g_autofree char *path = in_scratch ("old");
  g_autofree char *begun = g_strdup_printf ("[\"delete\",\"%s\"]\n", path);
  g_autofree char *whole = g_strconcat (begun, "[\"commit\"]\n", NULL);
  g_auto (GStrv) lines = NULL;

  g_assert_cmpint (g_mkdir_with_parents (state, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "old", -1, &error));
  g_assert_true (g_file_set_contents (journal, begun, -1, &error));
  lines = domuimg_undo_recover (FALSE, &error);
  g_assert_nonnull (lines);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_clear_pointer (&lines, g_strfreev);
  g_assert_true (g_file_set_contents (journal, whole, -1, &error));
  lines = domuimg_undo_recover (FALSE, &error);
  g_assert_nonnull (lines);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_a_cut_off_journal_is_understood (void)
{
  g_autofree char *state = in_scratch ("state");
  g_autofree char *journal = in_scratch ("state/12345678.journal");
  g_autofree char *victim = in_scratch ("victim");
  g_autofree char *kept = in_scratch ("kept");
  g_autofree char *text
      = g_strdup_printf ("[\"remove\",\"%s\"]\nnonsense\n[1]\n[\"remove\",\"%s\"]", victim, kept);
  g_auto (GStrv) lines = NULL;

  g_assert_cmpint (g_mkdir (state, 0700), ==, 0);
  g_assert_true (g_file_set_contents (victim, "x", -1, NULL));
  g_assert_true (g_file_set_contents (kept, "x", -1, NULL));
  g_assert_true (g_file_set_contents (journal, text, -1, NULL));
  lines = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_false (g_file_test (victim, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (kept, G_FILE_TEST_EXISTS));
}

static void
run (gconstpointer data)
{
  void (*test) (void) = (void (*) (void)) data;

  set_up ();
  test ();
  tear_down ();
}

/* Journals are read by versions other than the one that wrote them. */
static void
test_a_journal_of_another_version (void)
{
  static const char *const names[] = { "left", "gone", "result", "kept" };
  g_autofree char *journal = NULL;
  g_autofree char *text = NULL;
  g_autofree char *directory = NULL;
  g_auto (GStrv) paths = g_new0 (char *, G_N_ELEMENTS (names) + 1);
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) again = NULL;

  set_up ();
  directory = in_scratch ("state");
  g_mkdir (directory, 0700);
  journal = g_build_filename (directory, "01234567.journal", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      paths[i] = in_scratch (names[i]);
      g_assert_true (g_file_set_contents (paths[i], "", -1, NULL));
    }
  text = g_strdup_printf ("[\"remove\",\"%s\"]\n[\"delete\",\"%s\"]\n"
                          "[\"rename\",\"%s\",\"%s.final\",\"keep\"]\n"
                          "[\"lvremove\",\"%s\"]\n[\"commit\"]\n",
                          paths[0], paths[1], paths[2], paths[2], paths[3]);
  g_assert_true (g_file_set_contents (journal, text, -1, NULL));
  lines = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  for (guint i = 0; i < 3; i++)
    g_assert_false (g_file_test (paths[i], G_FILE_TEST_EXISTS));
  /* What it does not know it leaves to the version that does, with the journal. */
  g_assert_true (g_file_test (paths[3], G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (journal, G_FILE_TEST_EXISTS));
  again = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (again), ==, 1);
  g_assert_nonnull (strstr (again[0], "lvremove"));
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/undo/commit-gives-all-names", test_commit_gives_all_names, run);
  g_test_add_data_func ("/undo/without-commit-nothing-is-left",
                        test_without_commit_nothing_is_left, run);
  g_test_add_data_func ("/undo/what-is-there-is-kept", test_what_is_there_is_kept, run);
  g_test_add_data_func ("/undo/a-failed-commit-takes-all-names-back",
                        test_a_failed_commit_takes_all_names_back, run);
  g_test_add_data_func ("/undo/cleanup-removes-what-a-kill-left",
                        test_cleanup_removes_what_a_kill_left, run);
  g_test_add_data_func ("/undo/cleanup-unmounts-what-a-kill-left",
                        test_cleanup_unmounts_what_a_kill_left, run);
  g_test_add_data_func ("/undo/cleanup-leaves-the-living-alone",
                        test_cleanup_leaves_the_living_alone, run);
  g_test_add_data_func ("/undo/cleanup-completes-a-commit", test_cleanup_completes_a_commit, run);
  g_test_add_data_func ("/undo/a-removal-waits-for-the-commit",
                        test_a_removal_waits_for_the_commit, run);
  g_test_add_data_func ("/undo/cleanup-completes-a-removal", test_cleanup_completes_a_removal,
                        run);
  g_test_add_func ("/undo/a-journal-of-another-version", test_a_journal_of_another_version);
  g_test_add_data_func ("/undo/a-cut-off-journal-is-understood",
                        test_a_cut_off_journal_is_understood, run);
  return g_test_run ();
}
