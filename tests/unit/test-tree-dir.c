/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/tree/dir.h"
#include "tree-fixtures.h"

/* A guest's root with a secret of the host beside it. */
typedef struct {
  char *scratch;
  char *root;
  char *secret;
  DomuimgTree *tree;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->scratch = tree_scratch_new ();
  self->root = g_build_filename (self->scratch, "root", NULL);
  self->secret = g_build_filename (self->scratch, "secret", NULL);
  g_assert_cmpint (mkdir (self->root, 0755), ==, 0);
  g_assert_true (g_file_set_contents (self->secret, "host", -1, &error));
  self->tree = domuimg_tree_dir_new (self->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->tree);
  g_free (self->root);
  g_free (self->secret);
  tree_scratch_free (self->scratch);
}

static void
make_link (Fixture *self, const char *target, const char *name)
{
  g_autofree char *path = g_build_filename (self->root, name, NULL);

  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
make_file (Fixture *self, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (self->root, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_symlinks_never_lead_out (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *host = NULL;

  make_link (self, self->secret, "absolute");
  make_link (self, "../secret", "relative");
  make_link (self, "..", "up");
  g_assert_false (domuimg_tree_exists (self->tree, "absolute"));
  make_file (self, "secret", "guest");
  tree_must_read (self->tree, "relative", "guest");
  tree_must_read (self->tree, "up/secret", "guest");
  g_assert_true (domuimg_tree_write_text (self->tree, "relative", "new", 0644, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (self->secret, &host, NULL, NULL));
  g_assert_cmpstr (host, ==, "host");
  tree_must_read (self->tree, "secret", "new");
}

static void
test_passwd_is_the_guests (Fixture *self, gconstpointer data)
{
  make_link (self, "/etc/passwd", "passwd");
  g_assert_false (domuimg_tree_exists (self->tree, "passwd"));
  g_assert_true (domuimg_tree_mkdir_p (self->tree, "etc", 0755, NULL));
  make_file (self, "etc/passwd", "guest");
  tree_must_read (self->tree, "passwd", "guest");
}

/* As when somebody swaps it after it was looked at: past the resolver, straight to the back
 * end. */
static void
test_back_end_itself_follows_nothing (Fixture *self, gconstpointer data)
{
  DomuimgTreeInterface *iface = DOMUIMG_TREE_GET_IFACE (self->tree);
  g_autoptr (DomuimgEntry) made = domuimg_entry_new ("up/made", DOMUIMG_ENTRY_DIRECTORY, 0755);
  g_autoptr (GError) error = NULL;
  char buffer[8];

  made->mtime.sec = 0;
  make_link (self, "..", "up");
  make_link (self, self->secret, "absolute");
  g_assert_null (iface->stat (self->tree, "up/secret", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_null (iface->list (self->tree, "up", NULL));
  g_assert_cmpint (iface->read_at (self->tree, "up/secret", 0, buffer, 8, NULL), ==, -1);
  g_assert_cmpint (iface->read_at (self->tree, "absolute", 0, buffer, 8, NULL), ==, -1);
  g_assert_false (iface->put (self->tree, made, NULL, NULL));
  g_assert_false (iface->remove (self->tree, "up/secret", NULL));
  g_assert_false (iface->link (self->tree, "up/secret", "mine", NULL));
  g_assert_true (g_file_test (self->secret, G_FILE_TEST_EXISTS));
}

/* From here on openat2(2) fails in this process, as with kernels before 5.6 (ENOSYS) or in old
 * containers (EPERM). */
static gboolean
take_openat2_away (int its_errno)
{
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (guint32) its_errno),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { G_N_ELEMENTS (filter), filter };

  return prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
         && prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0
         && syscall (SYS_openat2, -1, "", NULL, 0) == -1 && errno == its_errno;
}

static void
work_without_openat2 (Fixture *self, int its_errno)
{
  if (!take_openat2_away (its_errno))
    _exit (77);
  g_assert_true (domuimg_tree_mkdir_p (self->tree, "a/b/c", 0755, NULL));
  g_assert_true (domuimg_tree_write_text (self->tree, "a/b/c/f", "deep", 0644, NULL));
  tree_must_read (self->tree, "a/b/c/f", "deep");
  test_back_end_itself_follows_nothing (self, NULL);
  _exit (0);
}

static void
test_without_openat2_it_is_the_same (Fixture *self, gconstpointer data)
{
  int its_errno = GPOINTER_TO_INT (data);
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    work_without_openat2 (self, its_errno);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    g_test_skip ("no seccomp filter can be set here to take openat2 away");
  else
    g_assert_cmpint (status, ==, 0);
}

static void
test_a_fifo_is_not_waited_for (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "fifo", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_assert_cmpint (domuimg_tree_dir_open_file (DOMUIMG_TREE_DIR (self->tree), "fifo", &error),
                   ==, -1);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

static void
test_holes_are_not_counted (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "sparse", NULL);
  g_auto (DomuimgFd) fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (ftruncate (fd, 100 * 1024 * 1024), ==, 0);
  g_assert_true (domuimg_write_all (fd, "x", 1));
  g_autoptr (DomuimgEntry) entry = domuimg_tree_stat (self->tree, "sparse", NULL);
  g_assert_cmpuint (entry->size, ==, 100 * 1024 * 1024);
  g_assert_cmpuint (entry->allocated, <, 1024 * 1024);
}

static void
test_a_file_that_changes_is_read_anew (Fixture *self, gconstpointer data)
{
  make_file (self, "f", "one");
  tree_must_read (self->tree, "f", "one");
  make_file (self, "f", "two"); /* another file of this name */
  tree_must_read (self->tree, "f", "two");
}

static void
test_a_failed_put_leaves_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("f", DOMUIMG_ENTRY_FILE, 0644);
  g_autoptr (GError) error = NULL;

  domuimg_entry_add_xattr (entry, "nonsense", "x", 1);
  g_assert_false (domuimg_tree_put (self->tree, entry, NULL, &error));
  g_assert_nonnull (strstr (error->message, "nonsense"));
  g_auto (GStrv) names = domuimg_tree_list (self->tree, "/", NULL);
  g_assert_cmpuint (g_strv_length (names), ==, 0);
}

/* The walk goes over each name; the visitor takes away what comes next, on the host. */
static gboolean
take_others_away (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend,
                  gpointer user_data, GError **error)
{
  Fixture *self = user_data;
  g_autofree char *b = g_build_filename (self->root, "b", NULL);
  g_autofree char *c = g_build_filename (self->root, "c", NULL);

  g_assert_cmpstr (entry->path, !=, "b");
  if (g_str_equal (entry->path, "a"))
    g_assert_cmpint (remove (b), ==, 0);
  if (g_str_equal (entry->path, "c"))
    g_assert_cmpint (remove (c), ==, 0);
  return TRUE;
}

static void
test_what_vanishes_is_left_out_of_a_walk (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_file (self, "a", "");
  make_file (self, "b", "");
  g_assert_true (domuimg_tree_mkdir_p (self->tree, "c", 0755, NULL));
  make_file (self, "d", "");
  g_assert_true (domuimg_tree_walk (self->tree, "", take_others_away, self, &error));
  g_assert_no_error (error);
}

/* The rest of the process stays root. */
static void
change_files_as_nobody (Fixture *self)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("f", DOMUIMG_ENTRY_FILE, 0640);

  entry->uid = entry->gid = 0;
  if (setresgid (65534, 65534, 65534) != 0 || setresuid (65534, 65534, 65534) != 0)
    _exit (2);
  if (!domuimg_tree_put (self->tree, entry, NULL, NULL))
    _exit (3);
  g_autoptr (DomuimgEntry) there = domuimg_tree_stat (self->tree, "f", NULL);
  _exit (there != NULL && there->uid == 65534 && there->mode == 0640 ? 0 : 4);
}

static void
test_others_than_root_keep_what_they_make (Fixture *self, gconstpointer data)
{
  int status;

  if (geteuid () != 0)
    {
      g_test_skip ("needs root, to become nobody");
      return;
    }
  g_assert_cmpint (chmod (self->root, 0777), ==, 0);
  pid_t pid = fork ();
  if (pid == 0)
    change_files_as_nobody (self);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
test_no_directory_is_an_error (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_tree_dir_new ("/none/such", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, "/none/such: "));
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

static void
assert_reads (Fixture *self, guint64 offset, const char *expected)
{
  char buffer[4] = "";

  g_assert_cmpint (domuimg_tree_read_at (self->tree, "file", offset, buffer, 3, NULL), ==, 3);
  g_assert_cmpstr (buffer, ==, expected);
}

/* The file that was read a moment ago may be another one by now: by somebody else's doing, which a
 * read from the start sees, or by ours, which every read does. */
static void
test_another_file_of_the_same_name (Fixture *self, gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->root, "file", NULL);

  g_assert_true (g_file_set_contents (path, "old old", -1, NULL));
  assert_reads (self, 0, "old");
  g_assert_true (g_file_set_contents (path, "new new", -1, NULL));
  assert_reads (self, 0, "new");
  g_assert_true (domuimg_tree_write_text (self->tree, "file", "own own", 0644, NULL));
  assert_reads (self, 4, "own");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/tree-dir/symlinks-never-lead-out", test_symlinks_never_lead_out);
  add ("/tree-dir/passwd-is-the-guests", test_passwd_is_the_guests);
  add ("/tree-dir/back-end-itself-follows-nothing", test_back_end_itself_follows_nothing);
  g_test_add ("/tree-dir/without-openat2-it-is-the-same/enosys", Fixture,
              GINT_TO_POINTER (ENOSYS), set_up, test_without_openat2_it_is_the_same, tear_down);
  g_test_add ("/tree-dir/without-openat2-it-is-the-same/eperm", Fixture,
              GINT_TO_POINTER (EPERM), set_up, test_without_openat2_it_is_the_same, tear_down);
  add ("/tree-dir/a-fifo-is-not-waited-for", test_a_fifo_is_not_waited_for);
  add ("/tree-dir/holes-are-not-counted", test_holes_are_not_counted);
  add ("/tree-dir/a-file-that-changes-is-read-anew", test_a_file_that_changes_is_read_anew);
  add ("/tree-dir/a-failed-put-leaves-nothing", test_a_failed_put_leaves_nothing);
  add ("/tree-dir/what-vanishes-is-left-out-of-a-walk",
       test_what_vanishes_is_left_out_of_a_walk);
  add ("/tree-dir/others-than-root-keep-what-they-make",
       test_others_than_root_keep_what_they_make);
  add ("/tree-dir/another-file-of-the-same-name", test_another_file_of_the_same_name);
  g_test_add_func ("/tree-dir/no-directory-is-an-error", test_no_directory_is_an_error);
  return g_test_run ();
}
