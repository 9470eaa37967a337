/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/disk/file.h"
#include "lib/image/gpt.h"
#include "lib/image/image.h"
#include "tree-fixtures.h"

#define MIB ((guint64) 1024 * 1024)
#define UUID "11111111-2222-4333-8444-555555555555"

/* Images are made, and told about, by the programs of e2fsprogs, util-linux and QEMU. */

typedef TreeDisk Fixture;

/* What @line, with words apart by spaces, prints; %P in it is the image, a tab a space. */
static char *
run (Fixture *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status;

  for (char **word = words; *word != NULL; g_strdelimit (*word++, "\t", ' '))
    if (g_str_equal (*word, "%P"))
      {
        g_free (*word);
        *word = g_strdup (self->path);
      }
  g_spawn_sync (self->scratch, words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                NULL, &output, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  return g_strchomp (output);
}

static void
must_run (Fixture *self, const char *line)
{
  g_free (run (self, line));
}

static void
make_disk (Fixture *self, guint64 size, const char *table)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *script = g_build_filename (self->scratch, "table", NULL);

  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->path, size, NULL, NULL, &error));
  if (table == NULL)
    return;
  g_assert_true (g_file_set_contents (script, table, -1, &error));
  must_run (self, "sh -c exec\tsfdisk\t-q\tdisk\t<table");
}

static DomuimgImage *
must_open (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  DomuimgImage *image = domuimg_image_open (self->path, NULL, &error);

  g_assert_no_error (error);
  return image;
}

static DomuimgVolume *
volume_at (DomuimgImage *image, guint index, guint count)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *volumes = domuimg_image_list_volumes (image, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (volumes->len, ==, count);
  return g_ptr_array_index (volumes, index);
}

static void
must_have_problem (DomuimgImage *image, guint count, const char *part)
{
  GPtrArray *problems = domuimg_image_get_problems (image);

  g_assert_cmpuint (problems->len, ==, count);
  for (guint i = 0; i < problems->len; i++)
    if (strstr (g_ptr_array_index (problems, i), part) != NULL)
      return;
  g_assert_cmpuint (count, ==, 0);
}

static void
make_ext (Fixture *self, const char *type, const char *size)
{
  g_autofree char *root = g_build_filename (self->scratch, "root", NULL);
  g_autofree char *file = g_build_filename (root, "hostname", NULL);
  g_autofree char *line = g_strdup_printf ("mke2fs -q -F -t %s -U " UUID " -L root -d root %%P %s",
                                           type, size);

  g_assert_cmpint (g_mkdir_with_parents (root, 0755), ==, 0);
  g_assert_true (g_file_set_contents (file, "guest\n", -1, NULL));
  must_run (self, line);
}

/* blkid(8) says the same of the volume. */
static void
must_be_as_blkid_says (Fixture *self, const DomuimgVolume *volume)
{
  const struct {
    const char *tag;
    const char *value;
  } tags[] = { { "TYPE", volume->fs },
               { "UUID", volume->uuid },
               { "LABEL", volume->label } };

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      g_autofree char *line = g_strdup_printf ("blkid -p -O %" G_GUINT64_FORMAT
                                               " -S %" G_GUINT64_FORMAT " -o value -s %s %%P",
                                               volume->offset, volume->length, tags[i].tag);
      g_autofree char *value = run (self, line);

      g_assert_cmpstr (tags[i].value != NULL ? tags[i].value : "", ==, value);
    }
}

static void
test_ext_without_a_table (Fixture *self, gconstpointer type)
{
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgExtState) state = NULL;
  const DomuimgVolume *volume;
  DomuimgTree *tree;

  make_ext (self, type, "32M");
  image = must_open (self);
  g_assert_cmpstr (domuimg_image_get_format (image), ==, "raw");
  g_assert_cmpuint (domuimg_image_get_size (image), ==, 32 * MIB);
  g_assert_null (domuimg_image_get_table (image));
  volume = volume_at (image, 0, 1);
  g_assert_cmpstr (volume->fs, ==, type);
  g_assert_cmpuint (volume->fs_size, ==, 32 * MIB);
  must_be_as_blkid_says (self, volume);
  must_have_problem (image, 0, "");
  tree = domuimg_image_open_tree (image, volume, FALSE, &error);
  g_assert_no_error (error);
  tree_must_read (tree, "hostname", "guest\n");
  g_assert_true (domuimg_image_close_tree (image, tree, &error));
  state = domuimg_image_get_ext_state (image, volume, &error);
  g_assert_true (state->clean);
  g_assert_false (state->needs_recovery);
  g_assert_cmpuint (state->free_bytes, >, 20 * MIB);
  g_assert_true (g_ptr_array_find_with_equal_func (state->features, "filetype", g_str_equal, NULL));
}

static void
test_dos_table_with_extended (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean has;
  g_autoptr (DomuimgImage) image = NULL;
  const DomuimgVolume *volume;

  make_disk (self, 64 * MIB,
             "label: dos\nlabel-id: 0xdeadbeef\nstart=2048, size=16384, type=83, bootable\n"
             "start=18432, size=65536, type=5\nstart=20480, size=16384, type=82\n"
             "start=40960, size=16384, type=83\n");
  must_run (self, "mke2fs -q -F -t ext4 -E offset=20971520 -U " UUID " %P 8M");
  image = must_open (self);
  g_assert_cmpstr (domuimg_image_get_table (image), ==, "dos");
  volume = volume_at (image, 0, 3);
  g_assert_cmpuint (volume->number, ==, 1);
  g_assert_true (volume->active);
  g_assert_null (volume->fs);
  g_assert_cmpstr (volume->partuuid, ==, "deadbeef-01");
  g_assert_cmpstr (volume->part_type, ==, "0x83");
  g_assert_cmpuint (volume->offset, ==, 2048 * 512);
  volume = volume_at (image, 1, 3);
  g_assert_cmpuint (volume->number, ==, 5);
  g_assert_cmpstr (volume->part_type, ==, "0x82");
  volume = volume_at (image, 2, 3);
  g_assert_cmpuint (volume->number, ==, 6);
  g_assert_cmpstr (volume->partuuid, ==, "deadbeef-06");
  g_assert_cmpstr (volume->uuid, ==, UUID);
  must_be_as_blkid_says (self, volume);
  must_have_problem (image, 0, "");
  g_assert_true (domuimg_image_has_boot_code (image, &has, &error));
  g_assert_false (has);
}

static void
make_gpt (Fixture *self)
{
  make_disk (self, 64 * MIB,
             "label: gpt\nstart=2048, size=8192, type=uefi\n"
             "start=10240, size=65536, type=linux, name=\"the root\","
             " uuid=AAAAAAAA-2222-4333-8444-555555555555\n");
  must_run (self, "mke2fs -q -F -t ext4 -E offset=5242880 -U " UUID " %P 32M");
}

static void
test_gpt (Fixture *self, gconstpointer data)
{
  gboolean has;
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (GError) error = NULL;
  const DomuimgVolume *volume;
  DomuimgTree *tree;

  make_gpt (self);
  image = must_open (self);
  g_assert_cmpstr (domuimg_image_get_table (image), ==, "gpt");
  g_assert_true (domuimg_image_has_esp (image, &has, &error));
  g_assert_true (has);
  volume = volume_at (image, 1, 2);
  g_assert_cmpstr (volume->partuuid, ==, "aaaaaaaa-2222-4333-8444-555555555555");
  g_assert_cmpstr (volume->partlabel, ==, "the root");
  g_assert_cmpstr (volume->part_type, ==, "0fc63daf-8483-4772-8e79-3d69d8477de4");
  must_be_as_blkid_says (self, volume);
  must_have_problem (image, 0, "");
  tree = domuimg_image_open_tree (image, volume, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_tree_write_text (tree, "new", "text", 0644, &error));
  g_assert_true (domuimg_image_close_tree (image, tree, &error));
  must_run (self, "dd if=disk of=part bs=1M skip=5 count=32");
  must_run (self, "e2fsck -fn part");
}

static void
test_cut_off_gpt (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImage) image = NULL;
  const DomuimgVolume *volume;

  make_gpt (self);
  g_assert_cmpint (truncate (self->path, 20 * MIB), ==, 0);
  image = must_open (self);
  volume = volume_at (image, 1, 2);
  g_assert_cmpstr (volume->fs, ==, "ext4");
  g_assert_cmpstr (volume->uuid, ==, UUID);
  must_have_problem (image, 3, "partition 2 ends at byte");
  must_have_problem (image, 3, "the backup of its GPT");
  must_have_problem (image, 3, "is cut off");
}

static void
test_cut_off_ext (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImage) image = NULL;
  const DomuimgVolume *volume;

  make_ext (self, "ext4", "32M");
  g_assert_cmpint (truncate (self->path, 20 * MIB + 7), ==, 0);
  image = must_open (self);
  volume = volume_at (image, 0, 1);
  g_assert_cmpstr (volume->fs, ==, "ext4");
  g_assert_cmpstr (volume->label, ==, "root");
  g_assert_cmpuint (volume->fs_size, ==, 32 * MIB);
  must_have_problem (image, 2, "is cut off");
  must_have_problem (image, 2, "not a multiple of 512");
}

static void
test_unclean_ext (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (DomuimgExtState) state = NULL;
  g_autoptr (GError) error = NULL;
  const DomuimgVolume *volume;

  make_ext (self, "ext4", "32M");
  must_run (self, "sh -c exec\tdebugfs\t-w\t-R\t'feature\tneeds_recovery'\tdisk");
  image = must_open (self);
  volume = volume_at (image, 0, 1);
  state = domuimg_image_get_ext_state (image, volume, &error);
  g_assert_no_error (error);
  g_assert_true (state->needs_recovery);
  g_assert_false (state->clean);
  g_assert_null (domuimg_image_open_tree (image, volume, TRUE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_nonnull (strstr (error->message, "e2fsck -p"));
}

static gboolean
count_entry (DomuimgTree *tree, const DomuimgEntry *entry, gboolean *descend, gpointer data,
             GError **error)
{
  g_assert_cmpuint (++*(guint *) data, <, 100);
  return TRUE;
}

/* @data: what makes a further name for a directory. */
static void
test_directories_in_circles (Fixture *self, gconstpointer data)
{
  g_autofree char *line = g_strdup_printf ("debugfs -w -R %s %%P", (const char *) data);
  g_autofree char *sub = g_build_filename (self->scratch, "root", "dir", "sub", NULL);
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree;
  guint count = 0;

  g_assert_cmpint (g_mkdir_with_parents (sub, 0755), ==, 0);
  make_ext (self, "ext4", "8M");
  must_run (self, line);
  image = must_open (self);
  tree = domuimg_image_open_tree (image, volume_at (image, 0, 1), FALSE, &error);
  g_assert_no_error (error);
  g_assert_false (domuimg_tree_walk (tree, "", count_entry, &count, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_clear_error (&error);
  /* The end of the work says it again, for those who did not ask. */
  g_assert_false (domuimg_image_close_tree (image, tree, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
}

/* Its bytes lie in a file that it names, as with a backing file: neither is opened. */
static void
test_other_files_are_not_followed (Fixture *self, gconstpointer data)
{
  static const char *const lines[] = {
    "qemu-img create -q -f qcow2 -o data_file=data.raw,data_file_raw=on %P 8M",
    "qemu-img create -q -f qcow2 -F raw -b data.raw %P",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (DomuimgImage) image = NULL;
      g_autoptr (GError) error = NULL, second = NULL;
      gboolean has;

      must_run (self, lines[i]);
      image = must_open (self);
      g_assert_cmpstr (domuimg_image_get_format (image), ==, "qcow2");
      g_assert_null (domuimg_image_list_volumes (image, &error));
      g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
      g_assert_nonnull (strstr (error->message, "another file"));
      g_assert_false (domuimg_image_has_boot_code (image, &has, &second));
      g_assert_error (second, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_SUPPORTED);
    }
}

static void
test_swap (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImage) image = NULL;

  make_disk (self, 8 * MIB, NULL);
  must_run (self, "mkswap -U " UUID " -L swap %P");
  image = must_open (self);
  g_assert_cmpstr (volume_at (image, 0, 1)->fs, ==, "swap");
  must_be_as_blkid_says (self, volume_at (image, 0, 1));
}

static const struct {
  const char *format;
  const char *line;
  gboolean has_size;
} formats[] = {
  { "qcow2", "qemu-img create -q -f qcow2 %P 64M", TRUE },
  { "qcow2", "qemu-img create -q -f qcow2 -o compat=0.10 %P 64M", TRUE },
  { "qcow", "qemu-img create -q -f qcow %P 64M", TRUE },
  { "vhd", "qemu-img create -q -f vpc -o force_size=on %P 64M", TRUE },
  { "vhd", "qemu-img create -q -f vpc -o subformat=fixed,force_size=on %P 64M", TRUE },
  { "vhdx", "qemu-img create -q -f vhdx %P 64M", FALSE },
  { "vmdk", "qemu-img create -q -f vmdk %P 64M", TRUE },
  { "vdi", "qemu-img create -q -f vdi %P 64M", TRUE },
  { "qed", "qemu-img create -q -f qed %P 64M", TRUE },
};

static void
test_format (Fixture *self, gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  g_autofree char *program = g_find_program_in_path ("qemu-img");
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (GError) error = NULL;

  if (program == NULL)
    {
      g_test_skip ("qemu-img is not installed");
      return;
    }
  must_run (self, formats[i].line);
  image = must_open (self);
  g_assert_cmpstr (domuimg_image_get_format (image), ==, formats[i].format);
  if (formats[i].has_size)
    g_assert_cmpuint (domuimg_image_get_size (image), ==, 64 * MIB);
  g_assert_null (domuimg_image_open (self->path, "iso", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

static void
must_not_open (Fixture *self, DomuimgError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_image_open (self->path, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, (int) code);
}

static void
test_damaged_headers (Fixture *self, gconstpointer data)
{
  guint8 header[512] = "QFI\xfb\0\0\0\3";

  must_not_open (self, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_true (g_file_set_contents (self->path, (char *) header, 20, NULL));
  must_not_open (self, DOMUIMG_ERROR_CORRUPT_INPUT);
  memset (header + 24, 0xff, 8);
  g_assert_true (g_file_set_contents (self->path, (char *) header, 512, NULL));
  must_not_open (self, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_cmpint (unlink (self->path), ==, 0);
  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  must_not_open (self, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

static void
test_nothing_in_it (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgImage) image = NULL;
  g_autoptr (DomuimgImage) empty = NULL;
  g_autoptr (GError) error = NULL;

  make_disk (self, 0, NULL);
  empty = must_open (self);
  g_assert_null (domuimg_image_list_volumes (empty, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_CORRUPT_INPUT);
  g_assert_cmpint (truncate (self->path, 8 * MIB), ==, 0);
  image = must_open (self);
  g_assert_null (volume_at (image, 0, 1)->fs);
  g_assert_cmpuint (volume_at (image, 0, 1)->fs_size, ==, 0);
}

#define ADD(path, data, test) \
  g_test_add (path, Fixture, data, tree_disk_set_up, test, tree_disk_tear_down)

static void
put_entry (guint8 *disk, guint index, guint64 first, guint64 last)
{
  guint8 *entry = disk + 2 * 512 + 128 * index;

  memset (entry, 0x11, 32);
  first = GUINT64_TO_LE (first);
  last = GUINT64_TO_LE (last);
  memcpy (entry + 32, &first, 8);
  memcpy (entry + 40, &last, 8);
}

/* Entries that are not used, or that end before they begin, are no partitions. */
static void
test_entries_of_a_gpt (void)
{
  g_autofree guint8 *disk = g_malloc0 (DOMUIMG_GPT_HEAD);
  g_autoptr (GPtrArray) volumes = g_ptr_array_new ();
  const DomuimgVolume *one, *other;

  memcpy (disk + 512, "EFI PART", 8);
  disk[512 + 72] = 2;
  disk[512 + 80] = 5;
  disk[512 + 84] = 128;
  put_entry (disk, 0, 40, 47);
  put_entry (disk, 2, 60, 59);
  put_entry (disk, 3, 100, 100);
  put_entry (disk, 4, 100, (guint64) 1 << 60);
  g_assert_true (domuimg_gpt_parse (domuimg_bytes (disk, DOMUIMG_GPT_HEAD), volumes));
  g_assert_cmpuint (volumes->len, ==, 2);
  one = g_ptr_array_index (volumes, 0);
  other = g_ptr_array_index (volumes, 1);
  g_assert_cmpuint (one->number, ==, 1);
  g_assert_cmpuint (one->offset, ==, 40 * 512);
  g_assert_cmpuint (one->length, ==, 8 * 512);
  g_assert_cmpstr (one->partuuid, ==, "11111111-1111-1111-1111-111111111111");
  g_assert_cmpuint (other->number, ==, 4);
  g_assert_cmpuint (other->length, ==, 512);
  g_ptr_array_set_free_func (volumes, (GDestroyNotify) domuimg_volume_free);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/image/entries-of-a-gpt", test_entries_of_a_gpt);
  ADD ("/image/ext4-without-a-table", "ext4", test_ext_without_a_table);
  ADD ("/image/ext3-without-a-table", "ext3", test_ext_without_a_table);
  ADD ("/image/ext2-without-a-table", "ext2", test_ext_without_a_table);
  ADD ("/image/dos-table-with-extended", NULL, test_dos_table_with_extended);
  ADD ("/image/gpt", NULL, test_gpt);
  ADD ("/image/cut-off-gpt", NULL, test_cut_off_gpt);
  ADD ("/image/cut-off-ext", NULL, test_cut_off_ext);
  ADD ("/image/unclean-ext", NULL, test_unclean_ext);
  ADD ("/image/directory-in-itself", "ln\tdir\tdir/sub/up", test_directories_in_circles);
  ADD ("/image/root-below-itself", "ln\t/\tdir/root", test_directories_in_circles);
  ADD ("/image/directory-with-two-names", "ln\tdir\ttwin", test_directories_in_circles);
  ADD ("/image/swap", NULL, test_swap);
  ADD ("/image/other-files", NULL, test_other_files_are_not_followed);
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *path = g_strdup_printf ("/image/format/%u-%s", i, formats[i].format);

      ADD (path, GUINT_TO_POINTER (i), test_format);
    }
  ADD ("/image/damaged-headers", NULL, test_damaged_headers);
  ADD ("/image/nothing-in-it", NULL, test_nothing_in_it);
  return g_test_run ();
}
