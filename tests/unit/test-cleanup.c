/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/label.h"
#include "tests/unit/undo-fixtures.h"

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
  g_autofree char *out = undo_path ("out");
  g_autofree char *a = undo_path ("out/a");
  DomuimgUndo *undo = domuimg_undo_new (NULL);

  domuimg_undo_make_parents (undo, out, NULL);
  g_free (undo_add_file (undo, a, "A", FALSE));
  g_free (domuimg_undo_make_directory (undo, out, NULL));
}

static void
test_cleanup_removes_what_a_kill_left (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) dry = NULL;
  g_auto (GStrv) lines = NULL;

  kill_after (make_without_commit);
  g_assert_cmpuint (undo_count_files ("out"), ==, 2);
  dry = domuimg_undo_recover (TRUE, &error);
  g_assert_cmpuint (g_strv_length (dry), ==, 2);
  g_assert_cmpuint (undo_count_files ("out"), ==, 2);
  lines = domuimg_undo_recover (FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmpuint (undo_count_files ("."), ==, 1);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
mount_in_a_directory (void)
{
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *directory = domuimg_undo_make_directory (undo, undo_scratch, NULL);
  g_autofree char *below = g_build_filename (directory, "disk 0", NULL);
  g_autofree char *mounted = undo_path ("mounted");

  g_mkdir (below, 0700);
  /* Nothing goes without root; the parent sees that. */
  if (mount ("tmpfs", below, "tmpfs", 0, NULL) == 0)
    g_file_set_contents (mounted, "", 0, NULL);
}

static void
test_cleanup_unmounts_what_a_kill_left (void)
{
  g_autofree char *mounted = undo_path ("mounted");
  g_auto (GStrv) lines = NULL;

  kill_after (mount_in_a_directory);
  if (g_unlink (mounted) != 0)
    {
      g_test_skip ("nothing can be mounted here");
      return;
    }
  g_assert_cmpuint (undo_count_files ("."), ==, 2);
  lines = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_cmpuint (undo_count_files ("."), ==, 1);
}

static void
test_cleanup_leaves_the_living_alone (void)
{
  g_autofree char *a = undo_path ("a");
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *temporary = undo_add_file (undo, a, "A", FALSE);
  g_auto (GStrv) lines = domuimg_undo_recover (FALSE, NULL);

  g_assert_cmpuint (g_strv_length (lines), ==, 0);
  g_assert_true (g_file_test (temporary, G_FILE_TEST_EXISTS));
  domuimg_undo_free (undo);
}

/* A commit that was killed before its last rename: as if both names were still missing. */
static void
commit_and_take_one_back (void)
{
  g_autofree char *a = undo_path ("a");
  g_autofree char *b = undo_path ("b");
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *temporary_a = undo_add_file (undo, a, "A", FALSE);
  g_autofree char *temporary_b = undo_add_file (undo, b, "B", FALSE);

  domuimg_undo_commit (undo, NULL);
  g_rename (b, temporary_b);
}

static void
test_cleanup_completes_a_commit (void)
{
  g_autofree char *a = undo_path ("a");
  g_autofree char *b = undo_path ("b");
  g_auto (GStrv) lines = NULL;

  kill_after (commit_and_take_one_back);
  g_assert_false (g_file_test (b, G_FILE_TEST_EXISTS));
  lines = domuimg_undo_recover (FALSE, NULL);
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_true (g_file_test (a, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (b, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_cleanup_completes_a_removal (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *state = undo_path ("state");
  g_autofree char *journal = g_build_filename (state, "0.journal", NULL);
  g_autofree char *path = undo_path ("old");
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
  g_autofree char *state = undo_path ("state");
  g_autofree char *journal = undo_path ("state/12345678.journal");
  g_autofree char *victim = undo_path ("victim");
  g_autofree char *kept = undo_path ("kept");
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

/* What a kill leaves after the commit record and before the first rename: NAME is to be replaced by
 * .NAME.ID, for each of the names. */
static void
write_committed (const char *id, const char *const *names)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *state = undo_path ("state");
  g_autofree char *file = g_strdup_printf ("state/%s.journal", id);

  g_mkdir (state, 0700);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *temporary = g_strdup_printf (".%s.%s", names[i], id);
      g_autofree char *from = undo_path (temporary);
      g_autofree char *to = undo_path (names[i]);

      undo_write (names[i], "old");
      undo_write (temporary, "new");
      g_autofree char *was = domuimg_label_of (to, NULL);
      g_autofree char *is = domuimg_label_of (from, NULL);
      g_string_append_printf (text,
                              "[\"remove\",\"%s\"]\n[\"rename\",\"%s\",\"%s\",\"replace\"]\n"
                              "[\"expect\",\"%s\",\"%s\",\"%s\"]\n",
                              from, from, to, to, was, is);
    }
  g_string_append (text, "[\"commit\"]\n");
  undo_write (file, text->str);
}

static const char *const both[] = { "a", "b", NULL };

static void
swap (const char *a, const char *b)
{
  g_autofree char *one = undo_path (a);
  g_autofree char *other = undo_path (b);
  g_autofree char *third = undo_path ("third");

  g_assert_true (g_rename (one, third) == 0 && g_rename (other, one) == 0
                 && g_rename (third, other) == 0);
}

/* One line, which holds @text, for each journal that there is. */
static void
assert_recovers (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = domuimg_undo_recover (FALSE, &error);
  g_autofree char *all = NULL;

  g_assert_no_error (error);
  all = g_strjoinv ("\n", lines);
  g_assert_nonnull (strstr (all, text));
}

static void
test_cleanup_replaces_what_was_meant (void)
{
  write_committed ("01234567", both);
  swap ("a", ".a.01234567");
  assert_recovers ("completed");
  undo_assert_content ("a", "new");
  undo_assert_content ("b", "new");
  g_assert_cmpuint (undo_count_files ("."), ==, 3);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_cleanup_keeps_what_is_newer (void)
{
  write_committed ("01234567", both);
  undo_append ("b", " and written to since");
  assert_recovers ("b was changed since");
  undo_assert_content ("a", "old");
  undo_assert_content ("b", "old and written to since");
  g_assert_cmpuint (undo_count_files ("."), ==, 3);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_cleanup_keeps_what_is_made_anew (void)
{
  g_autofree char *b = undo_path ("b");

  write_committed ("01234567", both);
  g_assert_cmpint (g_unlink (b), ==, 0);
  undo_write ("b", "old");
  assert_recovers ("b was changed since");
  g_assert_cmpuint (undo_count_files ("."), ==, 3);
  undo_assert_content ("a", "old");
}

static void
test_cleanup_keeps_what_is_in_use (void)
{
  g_autofree char *path = undo_path ("b");
  int fd;

  write_committed ("01234567", both);
  fd = g_open (path, O_RDWR, 0);
  g_assert_cmpint (fd, >=, 0);
  assert_recovers ("b is in use");
  close (fd);
  undo_assert_content ("a", "old");
  undo_assert_content ("b", "old");
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_cleanup_puts_back_what_was_half_done (void)
{
  write_committed ("01234567", both);
  swap ("a", ".a.01234567");
  undo_append ("b", " and newer");
  assert_recovers ("put back");
  undo_assert_content ("a", "old");
  undo_assert_content ("b", "old and newer");
  g_assert_cmpuint (undo_count_files ("."), ==, 3);
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

/* Neither forward nor back: both were written to after the kill. */
static void
make_stuck (void)
{
  write_committed ("01234567", both);
  swap ("a", ".a.01234567");
  undo_append ("a", " and newer");
  undo_append ("b", " and newer");
}

static void
test_cleanup_goes_on_past_what_is_stuck (void)
{
  static const char *const others[] = { "c", NULL };
  g_auto (GStrv) left = NULL;

  make_stuck ();
  write_committed ("00000000", others);
  write_committed ("fedcba98", others);
  assert_recovers ("01234567 cannot be finished");
  undo_assert_content ("a", "new and newer");
  undo_assert_content ("b", "old and newer");
  undo_assert_content (".a.01234567", "old");
  undo_assert_content (".b.01234567", "new");
  left = domuimg_undo_list_unfinished (NULL);
  g_assert_cmpuint (g_strv_length (left), ==, 1);
  g_assert_cmpstr (left[0], ==, "01234567");
}

static void
test_what_is_stuck_can_be_given_up (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  make_stuck ();
  g_assert_null (domuimg_undo_discard ("76543210", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (domuimg_undo_discard ("../01234567", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  lines = domuimg_undo_discard ("01234567", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  g_assert_nonnull (strstr (lines[0], "before"));
  g_assert_nonnull (strstr (lines[1], "was to become"));
  undo_assert_content (".a.01234567", "old");
  g_assert_cmpuint (undo_count_files ("state"), ==, 0);
}

static void
test_a_living_transaction_cannot_be_given_up (void)
{
  g_autoptr (GError) error = NULL;
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *state = undo_path ("state");
  g_autoptr (GDir) dir = g_dir_open (state, 0, NULL);
  g_autofree char *id = g_strndup (g_dir_read_name (dir), 8);

  g_assert_null (domuimg_undo_discard (id, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY);
  domuimg_undo_free (undo);
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

  directory = undo_path ("state");
  g_mkdir (directory, 0700);
  journal = g_build_filename (directory, "01234567.journal", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      paths[i] = undo_path (names[i]);
      g_assert_true (g_file_set_contents (paths[i], "", -1, NULL));
    }
  text = g_strdup_printf ("[\"remove\",\"%s\"]\n[\"delete\",\"%s\"]\n"
                          "[\"rename\",\"%s\",\"%s.final\",\"keep\"]\n"
                          "[\"unheard-of\",\"%s\"]\n[\"commit\"]\n",
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
  g_assert_nonnull (strstr (again[0], "unheard-of"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/cleanup/removes-what-a-kill-left",
                        test_cleanup_removes_what_a_kill_left, undo_run);
  g_test_add_data_func ("/cleanup/unmounts-what-a-kill-left",
                        test_cleanup_unmounts_what_a_kill_left, undo_run);
  g_test_add_data_func ("/cleanup/leaves-the-living-alone",
                        test_cleanup_leaves_the_living_alone, undo_run);
  g_test_add_data_func ("/cleanup/completes-a-commit",
                        test_cleanup_completes_a_commit, undo_run);
  g_test_add_data_func ("/cleanup/completes-a-removal",
                        test_cleanup_completes_a_removal, undo_run);
  g_test_add_data_func ("/cleanup/a-cut-off-journal-is-understood",
                        test_a_cut_off_journal_is_understood, undo_run);
  g_test_add_data_func ("/cleanup/replaces-what-was-meant",
                        test_cleanup_replaces_what_was_meant, undo_run);
  g_test_add_data_func ("/cleanup/keeps-what-is-newer",
                        test_cleanup_keeps_what_is_newer, undo_run);
  g_test_add_data_func ("/cleanup/keeps-what-is-made-anew",
                        test_cleanup_keeps_what_is_made_anew, undo_run);
  g_test_add_data_func ("/cleanup/keeps-what-is-in-use",
                        test_cleanup_keeps_what_is_in_use, undo_run);
  g_test_add_data_func ("/cleanup/puts-back-what-was-half-done",
                        test_cleanup_puts_back_what_was_half_done, undo_run);
  g_test_add_data_func ("/cleanup/goes-on-past-what-is-stuck",
                        test_cleanup_goes_on_past_what_is_stuck, undo_run);
  g_test_add_data_func ("/cleanup/what-is-stuck-can-be-given-up",
                        test_what_is_stuck_can_be_given_up, undo_run);
  g_test_add_data_func ("/cleanup/a-living-transaction-cannot-be-given-up",
                        test_a_living_transaction_cannot_be_given_up, undo_run);
  g_test_add_data_func ("/cleanup/a-journal-of-another-version",
                        test_a_journal_of_another_version, undo_run);
  return g_test_run ();
}
