/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Regions: parts share a descriptor, end where they end, and are handed to programs. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/exec.h"
#include "lib/base/region.h"
#include "lib/base/sparse.h"
#include "lib/disk/file.h"
#include "lib/fs/ext/state.h"
#include "lib/fs/ext/tree.h"
#include "lib/fs/fs.h"
#include "tree-fixtures.h"

#define MIB ((guint64) 1024 * 1024)
#define UUID "11111111-2222-4333-8444-555555555555"

typedef TreeDisk Fixture;

static DomuimgRegion *
open_disk (Fixture *self, const char *content, gboolean writable)
{
  g_autoptr (GError) error = NULL;
  DomuimgRegion *region;

  g_assert_true (g_file_set_contents (self->path, content, -1, NULL));
  region = domuimg_region_open (self->path, writable, &error);
  g_assert_no_error (error);
  return region;
}

static void
test_parts (Fixture *self, gconstpointer data)
{
  DomuimgRegion *whole = open_disk (self, "0123456789", TRUE);
  g_autoptr (DomuimgRegion) part = domuimg_region_new_part (whole, 2, 6);
  g_autoptr (DomuimgRegion) inner = domuimg_region_new_part (part, 1, 3);
  g_autoptr (DomuimgRegion) named = domuimg_region_new_named (inner, "the middle");
  char buffer[16] = "";

  g_assert_cmpuint (whole->length, ==, 10);
  /* The descriptor stays for as long as a part does, whatever becomes of the file's name. */
  domuimg_region_unref (whole);
  unlink (self->path);
  g_assert_cmpint (domuimg_region_read (part, 0, buffer, sizeof buffer), ==, 6);
  g_assert_cmpmem (buffer, 6, "234567", 6);
  g_assert_cmpint (domuimg_region_read (inner, 1, buffer, sizeof buffer), ==, 2);
  g_assert_cmpmem (buffer, 2, "45", 2);
  g_assert_cmpint (domuimg_region_read (inner, 3, buffer, sizeof buffer), ==, 0);
  g_assert_cmpstr (inner->name, ==, self->path);
  g_assert_cmpstr (named->name, ==, "the middle");
  g_assert_cmpuint (named->offset, ==, 3);
}

static void
test_writing_stays_inside (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgRegion) whole = open_disk (self, "0123456789", TRUE);
  g_autoptr (DomuimgRegion) part = domuimg_region_new_part (whole, 2, 4);
  g_autofree char *content = NULL;

  g_assert_true (domuimg_region_write (part, 2, "ab", 2));
  g_assert_false (domuimg_region_write (part, 3, "cd", 2));
  g_assert_cmpint (errno, ==, ENOSPC);
  g_assert_false (domuimg_region_write (part, G_MAXUINT64, "cd", 2));
  g_assert_true (g_file_get_contents (self->path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, "0123ab6789");
}

static void
test_made_writable (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgRegion) whole = open_disk (self, "0123456789", FALSE);
  g_autoptr (DomuimgRegion) part = domuimg_region_new_part (whole, 4, 2);
  g_autoptr (DomuimgRegion) writable = NULL;
  g_autoptr (DomuimgRegion) again = NULL;
  g_autoptr (GError) error = NULL;
  char buffer[2];

  g_assert_false (domuimg_region_write (part, 0, "ab", 2));
  /* By its descriptor: another file of its name is not meant. */
  unlink (self->path);
  g_assert_true (g_file_set_contents (self->path, "another", -1, NULL));
  writable = domuimg_region_make_writable (part, &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_region_write (writable, 0, "ab", 2));
  g_assert_cmpint (domuimg_region_read (part, 0, buffer, 2), ==, 2);
  g_assert_cmpmem (buffer, 2, "ab", 2);
  again = domuimg_region_make_writable (writable, &error);
  g_assert_true (again == writable);
}

static void
test_no_file (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_region_open (self->path, FALSE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (domuimg_region_open (self->scratch, FALSE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

static void
test_passed_to_a_program (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgRegion) region = open_disk (self, "nobody else has it", FALSE);
  g_autoptr (DomuimgExec) exec = domuimg_exec_new ("cat");
  g_autofree char *path = domuimg_exec_pass_fd (exec, region->fd);
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;

  unlink (self->path);
  domuimg_exec_arg (exec, path);
  output = domuimg_exec_output (exec, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (output, NULL), g_bytes_get_size (output),
                   "nobody else has it", 18);
}

static char *
blkid (Fixture *self, const char *offset, const char *tag)
{
  const char *argv[] = { "blkid", "-p", "-O", offset, "-s", tag, "-o", "value", self->path, NULL };
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, NULL, NULL,
                &error);
  g_assert_no_error (error);
  return g_strchomp (output);
}

/* A filesystem in the middle of a disk leaves alone what is around it. */
static void
test_filesystem_in_a_part (Fixture *self, gconstpointer name)
{
  const DomuimgMkfs mkfs = { name, "LABEL", UUID, 0 };
  const DomuimgFs *fs = domuimg_fs_find (name);
  g_autoptr (DomuimgRegion) disk = NULL;
  g_autoptr (DomuimgRegion) part = NULL;
  g_autofree char *type = NULL;
  g_autofree char *uuid = NULL;
  g_autoptr (GError) error = NULL;
  guint8 around[2];

  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->path, 64 * MIB, NULL, NULL, &error));
  disk = domuimg_region_open (self->path, TRUE, &error);
  g_assert_true (domuimg_region_write (disk, 16 * MIB - 1, "<", 1));
  g_assert_true (domuimg_region_write (disk, 48 * MIB, ">", 1));
  part = domuimg_region_new_part (disk, 16 * MIB, 32 * MIB);
  g_assert_true (fs->make (&mkfs, part, NULL, &error));
  g_assert_no_error (error);
  type = blkid (self, "16777216", "TYPE");
  uuid = blkid (self, "16777216", "UUID");
  g_assert_cmpstr (type, ==, name);
  g_assert_cmpstr (uuid, ==, UUID);
  g_assert_cmpint (domuimg_region_read (disk, 16 * MIB - 1, around, 1), ==, 1);
  g_assert_cmpint (domuimg_region_read (disk, 48 * MIB, around + 1, 1), ==, 1);
  g_assert_cmpmem (around, 2, "<>", 2);
}

static void
test_tree_in_a_part (Fixture *self, gconstpointer data)
{
  const DomuimgMkfs mkfs = { "ext4", NULL, UUID, 0 };
  g_autoptr (DomuimgRegion) disk = NULL;
  g_autoptr (DomuimgRegion) part = NULL;
  g_autofree char *file = g_strdup_printf ("%s?offset=16777216", self->path);
  g_autoptr (DomuimgExec) fsck = domuimg_exec_new ("e2fsck");
  g_autoptr (DomuimgExtState) state = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree;

  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->path, 48 * MIB, NULL, NULL, &error));
  disk = domuimg_region_open (self->path, TRUE, &error);
  part = domuimg_region_new_part (disk, 16 * MIB, 32 * MIB);
  g_assert_true (domuimg_mkfs_run (&mkfs, part, NULL, &error));
  tree = domuimg_tree_ext_open (part, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_tree_write_text (tree, "hello", "world", 0644, &error));
  g_assert_true (domuimg_fs_close_tree (tree, &error));
  domuimg_exec_arg (fsck, "-fn");
  domuimg_exec_arg (fsck, file);
  domuimg_exec_run (fsck, NULL, &error);
  g_assert_no_error (error);
  state = domuimg_ext_state_read (part, &error);
  g_assert_true (state->clean);
  tree = domuimg_tree_ext_open (part, FALSE, &error);
  text = domuimg_tree_read_text (tree, "hello", &error);
  g_assert_cmpstr (text, ==, "world");
  g_assert_true (domuimg_fs_close_tree (tree, &error));
}

/* Its block is read and written by the name of the device, and a region has none. */
static void
test_multiple_mount_protection (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgExec) mkfs = domuimg_exec_new ("mke2fs");
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree;

  domuimg_exec_arg (mkfs, "-q");
  domuimg_exec_arg (mkfs, "-text4");
  domuimg_exec_arg (mkfs, "-Ommp");
  domuimg_exec_arg (mkfs, "-Emmp_update_interval=1");
  domuimg_exec_arg (mkfs, self->path);
  domuimg_exec_arg (mkfs, "16M");
  domuimg_exec_run (mkfs, NULL, &error);
  g_assert_no_error (error);
  region = domuimg_region_open (self->path, TRUE, &error);
  tree = domuimg_tree_ext_open (region, TRUE, &error);
  g_assert_no_error (error);
  g_assert_true (domuimg_tree_write_text (tree, "hello", "world", 0644, &error));
  g_assert_true (domuimg_fs_close_tree (tree, &error));
}

/* A FIFO would be waited for until somebody writes to it. */
static void
test_fifo (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  alarm (20);
  g_assert_null (domuimg_region_open (self->path, FALSE, &error));
  alarm (0);
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

/* Pages of zeros are left out, and no others. */
static void
test_sparse_writes (Fixture *self, gconstpointer data)
{
  int fd = open (self->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_autofree char *bytes = g_malloc0 (MIB), *read = g_malloc (MIB);
  struct stat status;

  memset (bytes, 'a', 4096);
  bytes[MIB - 1] = 'z';
  g_assert_true (domuimg_sparse_write (fd, bytes, MIB, 0));
  g_assert_cmpint (pread (fd, read, MIB, 0), ==, (gssize) MIB);
  g_assert_cmpmem (read, MIB, bytes, MIB);
  g_assert_cmpint (fsync (fd), ==, 0);
  g_assert_cmpint (fstat (fd, &status), ==, 0);
  g_assert_cmpint (status.st_blocks, <, 256);
  close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function, data) \
  g_test_add ("/region/" name, Fixture, data, tree_disk_set_up, function, tree_disk_tear_down)
  ADD ("parts", test_parts, NULL);
  ADD ("writing stays inside", test_writing_stays_inside, NULL);
  ADD ("made writable", test_made_writable, NULL);
  ADD ("no file", test_no_file, NULL);
  ADD ("fifo", test_fifo, NULL);
  ADD ("sparse writes", test_sparse_writes, NULL);
  ADD ("passed to a program", test_passed_to_a_program, NULL);
  ADD ("ext4 in a part", test_filesystem_in_a_part, "ext4");
  ADD ("swap in a part", test_filesystem_in_a_part, "swap");
  ADD ("tree in a part", test_tree_in_a_part, NULL);
  ADD ("multiple mount protection", test_multiple_mount_protection, NULL);
  return g_test_run ();
}
