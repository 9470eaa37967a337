/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/label.h"
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
write_file (const char *name, const char *text)
{
  g_autofree char *path = in_scratch (name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
assert_content (const char *name, const char *expected)
{
  g_autofree char *path = in_scratch (name);
  g_autofree char *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  g_assert_cmpstr (text, ==, expected);
}

/* What a kill leaves after the commit record and before the first rename: NAME is to be replaced by
 * .NAME.ID, for each of the names. */
static void
write_committed (const char *id, const char *const *names)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *state = in_scratch ("state");
  g_autofree char *file = g_strdup_printf ("state/%s.journal", id);

  g_mkdir (state, 0700);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *temporary = g_strdup_printf (".%s.%s", names[i], id);
      g_autofree char *from = in_scratch (temporary);
      g_autofree char *to = in_scratch (names[i]);

      write_file (names[i], "old");
      write_file (temporary, "new");
      g_autofree char *was = domuimg_label_of (to, NULL);
      g_autofree char *is = domuimg_label_of (from, NULL);
      g_string_append_printf (text,
                              "[\"remove\",\"%s\"]\n[\"rename\",\"%s\",\"%s\",\"replace\"]\n"
                              "[\"expect\",\"%s\",\"%s\",\"%s\"]\n",
                              from, from, to, to, was, is);
    }
  g_string_append (text, "[\"commit\"]\n");
  write_file (file, text->str);
}

static const char *const both[] = { "a", "b", NULL };

static void
swap (const char *a, const char *b)
{
  g_autofree char *one = in_scratch (a);
  g_autofree char *other = in_scratch (b);
  g_autofree char *third = in_scratch ("third");

  g_assert_true (g_rename (one, third) == 0 && g_rename (other, one) == 0
                 && g_rename (third, other) == 0);
}

static void
append (const char *name, const char *text)
{
  g_autofree char *path = in_scratch (name);
  FILE *file = g_fopen (path, "a");

  g_assert_true (file != NULL && fputs (text, file) >= 0 && fclose (file) == 0);
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
  assert_content ("a", "new");
  assert_content ("b", "new");
  g_assert_cmpuint (count_files ("."), ==, 3);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_cleanup_keeps_what_is_newer (void)
{
  write_committed ("01234567", both);
  append ("b", " and written to since");
  assert_recovers ("b was changed since");
  assert_content ("a", "old");
  assert_content ("b", "old and written to since");
  g_assert_cmpuint (count_files ("."), ==, 3);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_cleanup_keeps_what_is_made_anew (void)
{
  g_autofree char *b = in_scratch ("b");

  write_committed ("01234567", both);
  g_assert_cmpint (g_unlink (b), ==, 0);
  write_file ("b", "old");
  assert_recovers ("b was changed since");
  g_assert_cmpuint (count_files ("."), ==, 3);
  assert_content ("a", "old");
}

static void
test_cleanup_keeps_what_is_in_use (void)
{
  g_autofree char *path = in_scratch ("b");
  int fd;

  write_committed ("01234567", both);
  fd = g_open (path, O_RDWR, 0);
  g_assert_cmpint (fd, >=, 0);
  assert_recovers ("b is in use");
  close (fd);
  assert_content ("a", "old");
  assert_content ("b", "old");
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_cleanup_puts_back_what_was_half_done (void)
{
  write_committed ("01234567", both);
  swap ("a", ".a.01234567");
  append ("b", " and newer");
  assert_recovers ("put back");
  assert_content ("a", "old");
  assert_content ("b", "old and newer");
  g_assert_cmpuint (count_files ("."), ==, 3);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

/* Neither forward nor back: both were written to after the kill. */
static void
make_stuck (void)
{
  write_committed ("01234567", both);
  swap ("a", ".a.01234567");
  append ("a", " and newer");
  append ("b", " and newer");
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
  assert_content ("a", "new and newer");
  assert_content ("b", "old and newer");
  assert_content (".a.01234567", "old");
  assert_content (".b.01234567", "new");
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
  assert_content (".a.01234567", "old");
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
test_a_living_transaction_cannot_be_given_up (void)
{
  g_autoptr (GError) error = NULL;
  DomuimgUndo *undo = domuimg_undo_new (NULL);
  g_autofree char *state = in_scratch ("state");
  g_autoptr (GDir) dir = g_dir_open (state, 0, NULL);
  g_autofree char *id = g_strndup (g_dir_read_name (dir), 8);

  g_assert_null (domuimg_undo_discard (id, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY);
  domuimg_undo_free (undo);
}

/* A commit that replaces a and b, where b is made unfit by @spoil after both were registered. */
static void
commit_spoiled (void (*spoil) (const char *path), int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = in_scratch ("a");
  g_autofree char *b = in_scratch ("b");
  g_autofree char *c = in_scratch ("c");
  DomuimgUndo *undo = domuimg_undo_new (&error);

  write_file ("a", "old");
  write_file ("c", "old");
  g_autofree char *temporary_a = add_result (undo, a, "new", TRUE);
  g_assert_true (domuimg_undo_add_removal (undo, c, &error));
  g_autofree char *temporary_b = add_result (undo, b, "new", TRUE);
  spoil (b);
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, code);
  domuimg_undo_free (undo);
  assert_content ("a", "old");
  assert_content ("c", "old");
  g_assert_cmpuint (count_files ("state"), ==, 0);
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
  g_assert_cmpuint (count_files ("."), ==, 4);
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
  g_autofree char *path = in_scratch ("probe");
  gboolean ok;

  write_file ("probe", "");
  ok = set_immutable (path, TRUE) && set_immutable (path, FALSE);
  g_unlink (path);
  if (!ok)
    g_test_skip ("files cannot be made immutable here");
  return ok;
}

static void
test_an_immutable_file_in_the_way (void)
{
  g_autofree char *b = in_scratch ("b");

  if (!can_be_immutable ())
    return;
  commit_spoiled (make_immutable, DOMUIMG_ERROR_PERMISSION);
  assert_content ("b", "old");
  g_assert_true (set_immutable (b, FALSE));
  g_assert_cmpuint (count_files ("."), ==, 4);
}

static void
test_what_cannot_be_removed_stays_with_the_rest (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = in_scratch ("a");
  g_autofree char *b = in_scratch ("b");
  DomuimgUndo *undo;

  if (!can_be_immutable ())
    return;
  undo = domuimg_undo_new (&error);
  write_file ("a", "old");
  make_immutable (b);
  g_assert_true (domuimg_undo_add_removal (undo, a, &error));
  g_assert_true (domuimg_undo_add_removal (undo, b, &error));
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_PERMISSION);
  domuimg_undo_free (undo);
  g_assert_true (set_immutable (b, FALSE));
  assert_content ("a", "old");
  assert_content ("b", "old");
  g_assert_cmpuint (count_files ("."), ==, 3);
  g_assert_cmpuint (count_files ("state"), ==, 0);
}

static void
remove_temporary (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (scratch, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *found = in_scratch (name);

      if (g_str_has_prefix (name, ".b."))
        g_assert_cmpint (g_unlink (found), ==, 0);
    }
}

static void
test_a_result_that_vanished_is_an_error (void)
{
  commit_spoiled (remove_temporary, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_cmpuint (count_files ("."), ==, 3);
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
  g_autofree char *a = in_scratch ("a");
  g_autofree char *label = NULL;
  DomuimgUndo *undo = domuimg_undo_new (&error);

  write_file ("a", "old");
  label = domuimg_label_of (a, &error);
  g_autofree char *temporary = add_result (undo, a, "new", TRUE);
  domuimg_undo_expect (undo, a, label);
  append ("a", " and newer");
  g_assert_false (domuimg_undo_commit (undo, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_BUSY);
  domuimg_undo_free (undo);
  assert_content ("a", "old and newer");
}

static void
test_what_is_not_made_is_not_missed (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *a = in_scratch ("a");
  g_autofree char *b = in_scratch ("b");
  DomuimgUndo *undo = domuimg_undo_new (&error);
  g_autofree char *temporary_a = add_result (undo, a, "A", FALSE);
  g_autofree char *temporary_b = domuimg_undo_add_result (undo, b, FALSE, &error);

  domuimg_undo_drop_result (undo, temporary_b);
  g_assert_true (domuimg_undo_commit (undo, &error));
  domuimg_undo_free (undo);
  assert_content ("a", "A");
  g_assert_cmpuint (count_files ("."), ==, 2);
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
  g_test_add_data_func ("/undo/cleanup-replaces-what-was-meant",
                        test_cleanup_replaces_what_was_meant, run);
  g_test_add_data_func ("/undo/cleanup-keeps-what-is-newer", test_cleanup_keeps_what_is_newer, run);
  g_test_add_data_func ("/undo/cleanup-keeps-what-is-made-anew",
                        test_cleanup_keeps_what_is_made_anew, run);
  g_test_add_data_func ("/undo/cleanup-keeps-what-is-in-use",
                        test_cleanup_keeps_what_is_in_use, run);
  g_test_add_data_func ("/undo/cleanup-puts-back-what-was-half-done",
                        test_cleanup_puts_back_what_was_half_done, run);
  g_test_add_data_func ("/undo/cleanup-goes-on-past-what-is-stuck",
                        test_cleanup_goes_on_past_what_is_stuck, run);
  g_test_add_data_func ("/undo/what-is-stuck-can-be-given-up",
                        test_what_is_stuck_can_be_given_up, run);
  g_test_add_data_func ("/undo/a-living-transaction-cannot-be-given-up",
                        test_a_living_transaction_cannot_be_given_up, run);
  g_test_add_data_func ("/undo/a-directory-in-the-way", test_a_directory_in_the_way, run);
  g_test_add_data_func ("/undo/an-immutable-file-in-the-way",
                        test_an_immutable_file_in_the_way, run);
  g_test_add_data_func ("/undo/what-cannot-be-removed-stays-with-the-rest",
                        test_what_cannot_be_removed_stays_with_the_rest, run);
  g_test_add_data_func ("/undo/a-result-that-vanished-is-an-error",
                        test_a_result_that_vanished_is_an_error, run);
  g_test_add_data_func ("/undo/what-is-in-use-is-not-replaced",
                        test_what_is_in_use_is_not_replaced, run);
  g_test_add_data_func ("/undo/what-changed-since-is-not-replaced",
                        test_what_changed_since_is_not_replaced, run);
  g_test_add_data_func ("/undo/what-is-not-made-is-not-missed",
                        test_what_is_not_made_is_not_missed, run);
  return g_test_run ();
}
