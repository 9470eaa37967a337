/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/remove.h"
#include "lib/fs/mkfs.h"
#include "lib/disk/file.h"
#include "lib/source/tar.h"
#include "lib/fs/ext/behind.h"
#include "lib/fs/fs.h"
#include "lib/tree/dump.h"
#include "lib/fs/ext/tree.h"

#define MIB ((guint64) 1048576)

/* An archive that is being made, and the directory for it and the image. */
typedef struct {
  char *scratch;
  char *tar;
  char *image;
  struct archive *archive;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->scratch = g_dir_make_tmp ("domuimg-ext-XXXXXX", &error);
  g_assert_no_error (error);
  self->tar = g_build_filename (self->scratch, "tar", NULL);
  self->image = g_build_filename (self->scratch, "image", NULL);
  self->archive = archive_write_new ();
  archive_write_set_format_pax (self->archive);
  g_assert_cmpint (archive_write_open_filename (self->archive, self->tar), ==, ARCHIVE_OK);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  archive_write_free (self->archive);
  g_assert_true (domuimg_remove_tree (self->scratch));
  g_free (self->scratch);
  g_free (self->tar);
  g_free (self->image);
}

static struct archive_entry *
new_entry (const char *path, mode_t type, mode_t mode)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, type);
  archive_entry_set_perm (entry, mode);
  archive_entry_set_mtime (entry, 1000000000, 123456789);
  return entry;
}

static void
add (Fixture *self, struct archive_entry *entry, const char *content)
{
  gsize length = content != NULL ? strlen (content) : 0;

  if (archive_entry_filetype (entry) == AE_IFREG && archive_entry_hardlink (entry) == NULL
      && !archive_entry_size_is_set (entry))
    archive_entry_set_size (entry, length);
  g_assert_cmpint (archive_write_header (self->archive, entry), ==, ARCHIVE_OK);
  if (length > 0)
    g_assert_cmpint (archive_write_data (self->archive, content, length), ==, (int) length);
  archive_entry_free (entry);
}

static void
add_file (Fixture *self, const char *path, const char *content)
{
  add (self, new_entry (path, AE_IFREG, 0644), content);
}

static void
add_dir (Fixture *self, const char *path)
{
  add (self, new_entry (path, AE_IFDIR, 0755), NULL);
}

static gboolean
write_image (Fixture *self, guint64 size, GError **error)
{
  const DomuimgMkfs mkfs = { "ext4", NULL, "11111111-2222-4333-8444-555555555555", 0 };
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgStream) stream = NULL;
  g_autoptr (DomuimgTree) tree = NULL;
  DomuimgUsage usage = { 0 };
  DomuimgFsContent content = { NULL, &usage, NULL };
  int fd;

  archive_write_close (self->archive);
  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->image, size, NULL, NULL, error));
  region = domuimg_region_open (self->image, TRUE, error);
  g_assert_nonnull (region);
  g_assert_true (domuimg_mkfs_run (&mkfs, region, NULL, error));
  fd = open (self->tar, O_RDONLY | O_CLOEXEC);
  stream = domuimg_tar_new (fd, "test.tar", NULL, NULL, error);
  content.stream = stream;
  if (stream != NULL)
    tree = domuimg_fs_fill (domuimg_fs_find ("ext4"), region, &content, NULL, error);
  close (fd);
  return tree != NULL && domuimg_tree_ext_close (DOMUIMG_TREE_EXT (tree), error);
}

static void
assert_clean (Fixture *self)
{
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("e2fsck");
  g_autoptr (GError) error = NULL;

  domuimg_exec_arg (exec, "-fn");
  domuimg_exec_arg (exec, self->image);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
}

static char *
dump_image (Fixture *self)
{
  const DomuimgTreeDumpOptions options = { 64, TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = domuimg_region_open (self->image, FALSE, &error);
  g_autoptr (DomuimgTree) tree = domuimg_tree_ext_open (region, FALSE, &error);
  char *dump;

  g_assert_no_error (error);
  dump = domuimg_tree_dump (tree, &options, &error);
  g_assert_no_error (error);
  return dump;
}

static void
assert_written (Fixture *self, guint64 size)
{
  g_autoptr (GError) error = NULL;

  write_image (self, size, &error);
  g_assert_no_error (error);
  assert_clean (self);
}

static void
test_every_kind_of_file (Fixture *self, gconstpointer data)
{
  struct archive_entry *entry;
  g_autofree char *dump = NULL;

  add_dir (self, "./");
  add_dir (self, "etc/");
  entry = new_entry ("etc/x", AE_IFREG, 04751);
  archive_entry_set_uid (entry, 70000);
  archive_entry_set_gid (entry, 80000);
  archive_entry_xattr_add_entry (entry, "user.note", "hello", 5);
  add (self, entry, "hello\n");
  entry = new_entry ("etc/y", AE_IFREG, 0);
  archive_entry_set_hardlink (entry, "./etc/x");
  add (self, entry, NULL);
  entry = new_entry ("link", AE_IFLNK, 0777);
  archive_entry_set_symlink (entry, "/nowhere/../at all");
  add (self, entry, NULL);
  entry = new_entry ("null", AE_IFCHR, 0666);
  archive_entry_set_rdevmajor (entry, 1);
  archive_entry_set_rdevminor (entry, 3);
  add (self, entry, NULL);
  add (self, new_entry ("pipe", AE_IFIFO, 0600), NULL);
  assert_written (self, 32 * MIB);

  dump = dump_image (self);
  g_assert_nonnull (strstr (dump, "\n/etc/x f 4751 70000:80000 1000000000.123456789 6 - - "
                                  "\"hello\\n\" user.note=\"hello\"\n"));
  g_assert_nonnull (strstr (dump, "\n/etc/y h - - - - - /etc/x -\n"));
  g_assert_nonnull (strstr (dump, "\n/link l 0777 0:0 1000000000.123456789 - - "
                                  "/nowhere/../at\\x20all -\n"));
  g_assert_nonnull (strstr (dump, "\n/null c 0666 0:0 1000000000.123456789 - 1:3 - -\n"));
  g_assert_nonnull (strstr (dump, "\n/pipe p 0600 0:0 1000000000.123456789 - - - -\n"));
}

static void
test_long_symlinks_and_names (Fixture *self, gconstpointer data)
{
  g_autofree char *target = g_strnfill (300, 't');
  g_autofree char *name = g_strnfill (255, 'n');
  struct archive_entry *entry = new_entry (name, AE_IFLNK, 0777);
  g_autofree char *dump = NULL;

  archive_entry_set_symlink (entry, target);
  add (self, entry, NULL);
  assert_written (self, 32 * MIB);
  dump = dump_image (self);
  g_assert_nonnull (strstr (dump, name));
  g_assert_nonnull (strstr (dump, target));
}

static void
test_many_entries_in_a_directory (Fixture *self, gconstpointer data)
{
  g_autofree char *dump = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *path = g_strdup_printf ("many/%0*u", 5 + i % 200, i);

      add_file (self, path, i % 7 == 0 ? "x" : "");
    }
  assert_written (self, 128 * MIB);
  dump = dump_image (self);
  lines = g_strsplit (dump, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 5000 + 3 + 1);
}

static void
test_holes_stay_holes (Fixture *self, gconstpointer data)
{
  struct archive_entry *entry = new_entry ("sparse", AE_IFREG, 0644);
  struct stat status;

  archive_entry_set_size (entry, 5 * 1024 * MIB);
  archive_entry_sparse_add_entry (entry, 4 * 1024 * MIB + 5, 4);
  g_assert_cmpint (archive_write_header (self->archive, entry), ==, ARCHIVE_OK);
  archive_entry_free (entry);
  /* The format wants the whole file; libarchive leaves the holes out. */
  g_autofree char *zeros = g_malloc0 (MIB);
  for (guint i = 0; i < 5 * 1024; i++)
    {
      memcpy (zeros + 5, i == 4096 ? "data" : "\0\0\0\0", 4);
      g_assert_cmpint (archive_write_data (self->archive, zeros, MIB), ==, (int) MIB);
    }
  assert_written (self, 32 * MIB);
  g_assert_cmpint (stat (self->image, &status), ==, 0);
  g_assert_cmpint (status.st_blocks * 512, <, 8 * MIB);

  g_autoptr (DomuimgRegion) region = domuimg_region_open (self->image, FALSE, NULL);
  g_autoptr (DomuimgTree) tree = domuimg_tree_ext_open (region, FALSE, NULL);
  char buffer[16];
  g_assert_cmpint (
      domuimg_tree_read_at (tree, "sparse", 4 * 1024 * MIB, buffer, sizeof buffer, NULL), ==, 16);
  g_assert_cmpmem (buffer, 10, "\0\0\0\0\0data\0", 10);
}

static void
test_missing_parents_are_made (Fixture *self, gconstpointer data)
{
  g_autofree char *dump = NULL;

  add_file (self, "a/b/c", "x");
  assert_written (self, 32 * MIB);
  dump = dump_image (self);
  g_assert_nonnull (strstr (dump, "\n/a/b d 0755 0:0 "));
}

/* What a root's archive does not have, each with the code that says so. */
static const struct {
  const char *first, *second;
  mode_t first_type, second_type;
  DomuimgError code;
} refused[] = {
  { "../etc/passwd", NULL, AE_IFREG, 0, DOMUIMG_ERROR_UNSAFE_INPUT },
  { "a/../../b", NULL, AE_IFREG, 0, DOMUIMG_ERROR_UNSAFE_INPUT },
  { "/etc/passwd", NULL, AE_IFREG, 0, DOMUIMG_ERROR_UNSAFE_INPUT },
  { "dir/x", "dir", AE_IFREG, AE_IFREG, DOMUIMG_ERROR_CORRUPT_INPUT },
  { "file", "file/x", AE_IFREG, AE_IFREG, DOMUIMG_ERROR_CORRUPT_INPUT },
  { "link", "link", AE_IFLNK, AE_IFDIR, DOMUIMG_ERROR_CORRUPT_INPUT },
  { "link", "link/x", AE_IFLNK, AE_IFREG, DOMUIMG_ERROR_UNSAFE_INPUT },
};

static void
test_refused (Fixture *self, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  struct archive_entry *entry = new_entry (refused[i].first, refused[i].first_type, 0755);
  g_autoptr (GError) error = NULL;

  if (refused[i].first_type == AE_IFLNK)
    archive_entry_set_symlink (entry, "/etc");
  add (self, entry, NULL);
  if (refused[i].second != NULL)
    add (self, new_entry (refused[i].second, refused[i].second_type, 0755), NULL);
  g_assert_false (write_image (self, 32 * MIB, &error));
  g_assert_error (error, DOMUIMG_ERROR, (int) refused[i].code);
}

static void
test_hard_link_to_nothing (Fixture *self, gconstpointer data)
{
  struct archive_entry *entry = new_entry ("a", AE_IFREG, 0644);
  g_autoptr (GError) error = NULL;

  archive_entry_set_hardlink (entry, "b");
  add (self, entry, NULL);
  g_assert_false (write_image (self, 32 * MIB, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

static void
add_link (Fixture *self, const char *path, const char *target)
{
  struct archive_entry *entry = new_entry (path, AE_IFREG, 0644);

  archive_entry_set_hardlink (entry, target);
  add (self, entry, NULL);
}

static void
test_last_of_a_name (Fixture *self, gconstpointer data)
{
  g_autofree char *dump = NULL;

  add_file (self, "a", "old");
  add_link (self, "b", "a");
  add_file (self, "a", "new");
  add_dir (self, "empty");
  add_file (self, "empty", "file");
  assert_written (self, 32 * MIB);
  dump = dump_image (self);
  g_assert_nonnull (strstr (dump, "\n/a f 0644 0:0 1000000000.123456789 3 - - \"new\""));
  g_assert_nonnull (strstr (dump, "\n/b f 0644 0:0 1000000000.123456789 3 - - \"old\""));
  g_assert_nonnull (strstr (dump, "\n/empty f "));
}

/* Three of them would not fit. */
static void
test_replaced_makes_room (Fixture *self, gconstpointer data)
{
  g_autofree char *large = g_strnfill (10 * MIB, 'x');

  for (guint i = 0; i < 3; i++)
    add_file (self, "large", large);
  assert_written (self, 28 * MIB);
}

static void
test_full (Fixture *self, gconstpointer data)
{
  g_autofree char *content = g_strnfill (30 * MIB, 'x');
  g_autoptr (GError) error = NULL;

  add_file (self, "large", content);
  g_assert_false (write_image (self, 16 * MIB, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE);
}

static void
add_up (gsize length, gpointer data)
{
  *(gsize *) data += length;
}

static void
test_behind (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgRegion) region = NULL;
  g_autofree char *content = NULL;
  gsize written = 0;
  DomuimgExtBehind *behind;

  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->image, 20 * MIB, NULL, NULL, NULL));
  region = domuimg_region_open (self->image, TRUE, NULL);
  behind = domuimg_ext_behind_new (region, add_up, &written);
  if (behind == NULL)
    {
      g_test_skip ("there is one processor only");
      return;
    }
  for (guint i = 0; i < 20; i++)
    {
      memset (domuimg_ext_behind_get_buffer (behind), 'a' + i, 1000);
      g_assert_true (domuimg_ext_behind_write (behind, 1000, i * MIB));
    }
  g_assert_true (domuimg_ext_behind_wait (behind));
  g_assert_cmpuint (written, ==, 20000);
  domuimg_ext_behind_free (behind);
  g_assert_true (g_file_get_contents (self->image, &content, NULL, NULL));
  for (guint i = 0; i < 20; i++)
    g_assert_true (content[i * MIB] == (char) ('a' + i) && content[i * MIB + 999] == (char) ('a' + i)
                   && content[i * MIB + 1000] == '\0');
}

/* Whoever hands over more, and whoever waits, learns of it. */
static void
test_behind_fails (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgRegion) region = NULL;
  gsize written = 0;
  DomuimgExtBehind *behind;

  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->image, MIB, NULL, NULL, NULL));
  region = domuimg_region_open (self->image, FALSE, NULL);
  behind = domuimg_ext_behind_new (region, add_up, &written);
  if (behind == NULL)
    {
      g_test_skip ("there is one processor only");
      return;
    }
  for (guint i = 0; i < 10; i++)
    {
      domuimg_ext_behind_get_buffer (behind);
      domuimg_ext_behind_write (behind, 1000, 0);
    }
  g_assert_false (domuimg_ext_behind_wait (behind));
  g_assert_cmpint (errno, ==, EBADF);
  domuimg_ext_behind_get_buffer (behind);
  g_assert_false (domuimg_ext_behind_write (behind, 1000, 0));
  g_assert_cmpuint (written, ==, 0);
  domuimg_ext_behind_free (behind);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, data, test) g_test_add ("/ext-writer/" name, Fixture, data, set_up, test, tear_down)
  ADD ("behind", NULL, test_behind);
  ADD ("behind-fails", NULL, test_behind_fails);
  ADD ("every-kind-of-file", NULL, test_every_kind_of_file);
  ADD ("long-symlinks-and-names", NULL, test_long_symlinks_and_names);
  ADD ("many-entries-in-a-directory", NULL, test_many_entries_in_a_directory);
  ADD ("holes-stay-holes", NULL, test_holes_stay_holes);
  ADD ("missing-parents-are-made", NULL, test_missing_parents_are_made);
  ADD ("hard-link-to-nothing", NULL, test_hard_link_to_nothing);
  ADD ("last-of-a-name", NULL, test_last_of_a_name);
  ADD ("replaced-makes-room", NULL, test_replaced_makes_room);
  ADD ("full", NULL, test_full);
  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *path = g_strdup_printf ("/ext-writer/refused/%u", i);

      g_test_add (path, Fixture, GUINT_TO_POINTER (i), set_up, test_refused, tear_down);
    }
  return g_test_run ();
}
