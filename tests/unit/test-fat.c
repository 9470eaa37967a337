/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A FAT filesystem as a tree: what is written there, others read, and what others wrote is read. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/fs/fat/tree.h"
#include "lib/fs/fs.h"

typedef struct {
  char *path;
  DomuimgRegion *region;
  DomuimgTree *tree;
} Fixture;

/* @data: the bits of its table. */
static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mkfs.vfat");
  int fd = g_file_open_tmp ("domuimg-fat-XXXXXX", &self->path, NULL);
  guint bits = GPOINTER_TO_UINT (data);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, bits == 12 ? 1 << 20 : bits == 16 ? 16 << 20 : 48 << 20), ==, 0);
  close (fd);
  domuimg_exec_argf (exec, "-F%u", bits);
  domuimg_exec_arg (exec, "-s1");
  domuimg_exec_arg (exec, self->path);
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  self->region = domuimg_region_open (self->path, TRUE, &error);
  g_assert_no_error (error);
  self->tree = domuimg_tree_fat_open (self->region, TRUE, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->tree);
  g_clear_pointer (&self->region, domuimg_region_unref);
  unlink (self->path);
  g_free (self->path);
}

static char *
run (const char *program, const char *option, const char *path, const char *more)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgExec) exec = domuimg_exec_new (program);
  g_autoptr (GBytes) bytes = NULL;

  domuimg_exec_arg (exec, option);
  domuimg_exec_arg (exec, path);
  if (more != NULL)
    domuimg_exec_arg (exec, more);
  bytes = domuimg_exec_output (exec, NULL, &error);
  g_assert_no_error (error);
  return g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

/* fsck.vfat says with its status that all is right. */
static void
judge (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  domuimg_tree_fat_flush (DOMUIMG_TREE_FAT (self->tree), &error);
  g_assert_no_error (error);
  g_free (run ("fsck.vfat", "-n", self->path, NULL));
}

static void
write_file (Fixture *self, const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  domuimg_tree_write_text (self->tree, path, text, 0644, &error);
  g_assert_no_error (error);
}

static void
assert_text (Fixture *self, const char *path, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = domuimg_tree_read_text (self->tree, path, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, wanted);
}

static void
reopen (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  judge (self);
  g_object_unref (self->tree);
  self->tree = domuimg_tree_fat_open (self->region, TRUE, &error);
  g_assert_no_error (error);
}

static void
test_names (Fixture *self, gconstpointer data)
{
  static const char *const names[]
      = { "UPPER.TXT", "lower.txt", "MiXed", "a name with spaces.conf", "averylongname.text",
          "averylongname.textile", "averylongother", "no.ext.here", "übung", "x" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    write_file (self, names[i], names[i]);
  reopen (self);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    assert_text (self, names[i], names[i]);
  assert_text (self, "LOWER.TXT", "lower.txt");
}

static void
test_others_read_it (Fixture *self, gconstpointer data)
{
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (self->tree, "EFI/BOOT", 0755, &error);
  g_assert_no_error (error);
  write_file (self, "EFI/BOOT/grubx64.efi", "what GRUB is\n");
  judge (self);
  said = run ("mtype", "-i", self->path, "::EFI/BOOT/grubx64.efi");
  g_assert_cmpstr (said, ==, "what GRUB is\n");
}

static void
test_it_reads_others (Fixture *self, gconstpointer data)
{
  g_autofree char *source = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("mcopy");
  int fd = g_file_open_tmp ("domuimg-fat-XXXXXX", &source, NULL);

  g_assert_true (g_file_set_contents (source, "by mtools", -1, NULL));
  close (fd);
  g_free (run ("mmd", "-i", self->path, "::a directory"));
  domuimg_exec_arg (exec, "-i");
  domuimg_exec_arg (exec, self->path);
  domuimg_exec_arg (exec, source);
  domuimg_exec_arg (exec, "::a directory/a long file name");
  domuimg_exec_run (exec, NULL, &error);
  g_assert_no_error (error);
  unlink (source);
  g_object_unref (self->tree);
  self->tree = domuimg_tree_fat_open (self->region, TRUE, &error);
  g_assert_no_error (error);
  assert_text (self, "a directory/a long file name", "by mtools");
  g_assert_true (domuimg_tree_is_dir (self->tree, "a directory"));
}

/* Directories grow, and what is replaced or removed gives its clusters back. */
static void
test_changes (Fixture *self, gconstpointer data)
{
  g_autofree char *large = g_strnfill (5000, 'x');
  g_autofree char *small = g_strdup ("small");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;

  domuimg_tree_mkdir_p (self->tree, "d", 0755, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *name = g_strdup_printf ("d/a name that is long, number %u", i);

      write_file (self, name, i % 2 == 0 ? large : small);
    }
  for (guint i = 0; i < 60; i += 3)
    {
      g_autofree char *name = g_strdup_printf ("d/a name that is long, number %u", i);

      domuimg_tree_remove (self->tree, name, &error);
      g_assert_no_error (error);
    }
  write_file (self, "d/a name that is long, number 1", large);
  reopen (self);
  names = domuimg_tree_list (self->tree, "d", &error);
  g_assert_cmpuint (g_strv_length (names), ==, 40);
  assert_text (self, "d/a name that is long, number 1", large);
  assert_text (self, "d/a name that is long, number 5", small);
}

static void
test_what_it_cannot_have (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_tree_symlink (self->tree, "x", "link", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  g_assert_false (domuimg_tree_write_text (self->tree, "a*b", "x", 0644, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  domuimg_tree_mkdir_p (self->tree, "full", 0755, NULL);
  write_file (self, "full/file", "x");
  g_assert_false (domuimg_tree_remove (self->tree, "full", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  judge (self);
}

static void
test_it_can_be_full (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (64 << 20), 64 << 20);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new ("large", DOMUIMG_ENTRY_FILE, 0644);
  g_autoptr (GError) error = NULL;

  g_assert_false (domuimg_tree_put (self->tree, entry, bytes, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NO_SPACE);
  g_assert_false (domuimg_tree_exists (self->tree, "large"));
  judge (self);
}

/* A chain that leads round is damage, and comes to an end. */
static void
test_damage (Fixture *self, gconstpointer data)
{
  g_autofree char *large = g_strnfill (5000, 'x');
  g_autofree guint8 *bytes = g_malloc (64 << 10);
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GError) error = NULL;

  write_file (self, "file", large);
  judge (self);
  /* Every cluster is followed by the third, whatever the bits of the table. */
  memset (bytes, 0, 64 << 10);
  for (guint i = 0; i < 4096; i += 4)
    bytes[i] = 3;
  for (guint64 at = 512; at < 64 * 512; at += 4096)
    g_assert_true (domuimg_region_write (self->region, at, bytes, 4096));
  tree = domuimg_tree_fat_open (self->region, TRUE, &error);
  if (tree == NULL)
    g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  else
    g_free (domuimg_tree_read_text (tree, "file", NULL));
}

static void
test_nothing (void)
{
  int fd = memfd_create ("nothing", MFD_CLOEXEC);
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgRegion) region = NULL;

  g_assert_cmpint (ftruncate (fd, 65536), ==, 0);
  region = domuimg_region_new_for_fd (fd, "nothing", NULL);
  g_assert_null (domuimg_tree_fat_open (region, FALSE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  close (fd);
}

static void
add (const char *name, void (*test) (Fixture *self, gconstpointer data))
{
  static const guint bits[] = { 12, 16, 32 };

  for (guint i = 0; i < G_N_ELEMENTS (bits); i++)
    {
      g_autofree char *path = g_strdup_printf ("/fat/%u/%s", bits[i], name);

      g_test_add (path, Fixture, GUINT_TO_POINTER (bits[i]), set_up, test, tear_down);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("names", test_names);
  add ("others-read-it", test_others_read_it);
  add ("it-reads-others", test_it_reads_others);
  add ("changes", test_changes);
  add ("what-it-cannot-have", test_what_it_cannot_have);
  add ("it-can-be-full", test_it_can_be_full);
  add ("damage", test_damage);
  g_test_add_func ("/fat/nothing", test_nothing);
  return g_test_run ();
}
