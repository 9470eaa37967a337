/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a look ahead knows of a guest's kernel is what reading it later would give, or nothing. */
#include "config.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/remove.h"
#include "lib/disk/file.h"
#include "lib/fs/ext/tree.h"
#include "lib/fs/fs.h"
#include "lib/fs/mkfs.h"
#include "lib/kernel/select-ahead.h"
#include "lib/kernel/select.h"
#include "lib/source/tar.h"
#include "tests/unit/kernel-fixtures.h"

#define SIZE ((guint64) 256 << 20)

typedef struct {
  char *scratch;
  char *tar;
  char *image;
  struct archive *archive;
  DomuimgTree *tree;   /* as it was written */
  DomuimgLookAhead *ahead;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->scratch = g_dir_make_tmp ("domuimg-ahead-XXXXXX", NULL);
  self->tar = g_build_filename (self->scratch, "tar", NULL);
  self->image = g_build_filename (self->scratch, "image", NULL);
  self->archive = archive_write_new ();
  archive_write_set_format_pax (self->archive);
  g_assert_cmpint (archive_write_open_filename (self->archive, self->tar), ==, ARCHIVE_OK);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_object (&self->tree);
  g_clear_object (&self->ahead);
  archive_write_free (self->archive);
  g_assert_true (domuimg_remove_tree (self->scratch));
  g_free (self->scratch);
  g_free (self->tar);
  g_free (self->image);
}

static struct archive_entry *
new_entry (const char *path, mode_t type)
{
  struct archive_entry *entry = archive_entry_new ();

  archive_entry_set_pathname (entry, path);
  archive_entry_set_filetype (entry, type);
  archive_entry_set_perm (entry, 0644);
  archive_entry_set_mtime (entry, 1000000000, 123456789);
  return entry;
}

static void
add (Fixture *self, struct archive_entry *entry, GBytes *content)
{
  gsize length = 0;
  const void *data = content != NULL ? g_bytes_get_data (content, &length) : NULL;

  if (content != NULL)
    archive_entry_set_size (entry, (gint64) length);
  g_assert_cmpint (archive_write_header (self->archive, entry), ==, ARCHIVE_OK);
  if (length > 0)
    g_assert_cmpint (archive_write_data (self->archive, data, length), ==, (gssize) length);
  archive_entry_free (entry);
}

static void
add_bytes (Fixture *self, const char *path, GBytes *content)
{
  add (self, new_entry (path, AE_IFREG), content);
}

static void
add_kernel (Fixture *self, const char *path, const char *version)
{
  g_autofree char *full = g_strconcat (version, " (builder) #1", NULL);
  g_autoptr (GBytes) image = bzimage_of_linux (full, TRUE, TRUE);

  add_bytes (self, path, image);
}

static void
add_initrd (Fixture *self, const char *path, const char *version)
{
  g_autofree char *block = g_strdup_printf ("lib/modules/%s/xen-blkfront.ko", version);
  g_autofree char *fs = g_strdup_printf ("lib/modules/%s/ext4.ko", version);
  g_autoptr (GBytes) cpio = cpio_new (block, "x", fs, "y", NULL);

  add_bytes (self, path, cpio);
}

static void
add_link (Fixture *self, const char *path, const char *target, gboolean hard)
{
  struct archive_entry *entry = new_entry (path, hard ? AE_IFREG : AE_IFLNK);

  if (hard)
    archive_entry_set_hardlink (entry, target);
  else
    archive_entry_set_symlink (entry, target);
  add (self, entry, NULL);
}

/* Writes the archive into a filesystem, looking ahead. */
static void
write_image (Fixture *self)
{
  const DomuimgMkfs mkfs = { "ext4", NULL, "11111111-2222-4333-8444-555555555555", 0 };
  g_autoptr (DomuimgRegion) region = NULL;
  g_autoptr (DomuimgStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgUsage usage = { 0 };
  DomuimgFsContent content = { NULL, &usage, NULL };
  int fd;

  archive_write_close (self->archive);
  domuimg_disk_file_allocate_raw (NULL, self->image, SIZE, NULL, NULL, &error);
  g_assert_no_error (error);
  region = domuimg_region_open (self->image, TRUE, &error);
  g_assert_no_error (error);
  domuimg_mkfs_run (&mkfs, region, NULL, &error);
  g_assert_no_error (error);
  fd = open (self->tar, O_RDONLY | O_CLOEXEC);
  stream = domuimg_tar_new (fd, "test.tar", NULL, NULL, &error);
  g_assert_no_error (error);
  self->ahead = domuimg_look_ahead_new (stream);
  content.stream = DOMUIMG_STREAM (self->ahead);
  self->tree = domuimg_fs_fill (domuimg_fs_find ("ext4"), region, &content, NULL, &error);
  g_assert_no_error (error);
  close (fd);
}

static void
attach (Fixture *self)
{
  domuimg_look_ahead_attach (self->ahead, self->tree);
}

static void
assert_kernel (Fixture *self, const char *path, const char *version)
{
  g_autoptr (DomuimgKernel) kernel = domuimg_look_ahead_find_kernel (self->tree, path);

  if (version == NULL)
    g_assert_null (kernel);
  else
    g_assert_cmpstr (domuimg_kernel_get_version (kernel), ==, version);
}

static void
assert_initramfs (Fixture *self, const char *path, gboolean known)
{
  g_autoptr (DomuimgInitramfs) initramfs = domuimg_look_ahead_find_initramfs (self->tree, path);

  if (known)
    g_assert_true (domuimg_initramfs_has_module (initramfs, "xen-blkfront"));
  else
    g_assert_null (initramfs);
}

/* What is chosen, or why nothing is, in words. */
static char *
choose (Fixture *self)
{
  const DomuimgKernelTarget target = { DOMUIMG_GUEST_TYPE_AUTO, { 4, 17, 0 } };
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgKernelChoice) choice
      = domuimg_kernel_select (self->tree, &target, "ext4", NULL, &error);

  if (choice == NULL)
    return g_strdup (error->message);
  return g_strdup_printf ("%s %s %s %s", choice->vmlinuz, choice->initrd, choice->version,
                          choice->reason);
}

/* The choice is the same, whether the look ahead is asked or the files are read. */
static void
assert_same_choice (Fixture *self, const char *word)
{
  g_autofree char *slow = choose (self);
  g_autofree char *fast = NULL;

  attach (self);
  fast = choose (self);
  g_assert_cmpstr (fast, ==, slow);
  g_assert_nonnull (strstr (slow, word));
}

static void
test_kernel_first (Fixture *self, gconstpointer data)
{
  add_kernel (self, "boot/vmlinuz-6.1-x", "6.1-x");
  add_initrd (self, "boot/initrd.img-6.1-x", "6.1-x");
  add_link (self, "vmlinuz", "boot/vmlinuz-6.1-x", FALSE);
  write_image (self);
  assert_same_choice (self, "boot/vmlinuz-6.1-x boot/initrd.img-6.1-x 6.1-x ");
  assert_kernel (self, "boot/vmlinuz-6.1-x", "6.1-x");
  assert_initramfs (self, "boot/initrd.img-6.1-x", TRUE);
  /* A symlink is nothing that was written; who follows it asks for the file. */
  assert_kernel (self, "vmlinuz", NULL);
}

static void
test_newest (Fixture *self, gconstpointer data)
{
  add_initrd (self, "boot/initrd.img-6.9", "6.9");
  add_initrd (self, "boot/initrd.img-6.10", "6.10");
  add_initrd (self, "boot/initrd.img-6.11kdump", "6.11");
  add_kernel (self, "boot/vmlinuz-6.9", "6.9");
  add_kernel (self, "boot/vmlinuz-6.10", "6.10");
  add_kernel (self, "boot/vmlinuz-6.2", "6.2");
  add_kernel (self, "boot/vmlinuz-0-rescue-1", "6.12");
  write_image (self);
  assert_same_choice (self, "boot/vmlinuz-6.10 boot/initrd.img-6.10 6.10 ");
  assert_kernel (self, "boot/vmlinuz-6.10", "6.10");
  assert_kernel (self, "boot/vmlinuz-6.9", NULL);
  assert_initramfs (self, "boot/initrd.img-6.10", TRUE);
  assert_initramfs (self, "boot/initrd.img-6.9", FALSE);
}

static void
test_modules (Fixture *self, gconstpointer data)
{
  add_kernel (self, "usr/lib/modules/6.1/vmlinuz", "6.1");
  add_link (self, "lib", "usr/lib", FALSE);
  add_initrd (self, "boot/initramfs-6.1.img", "6.1");
  write_image (self);
  assert_same_choice (self, "usr/lib/modules/6.1/vmlinuz boot/initramfs-6.1.img 6.1 ");
  assert_kernel (self, "usr/lib/modules/6.1/vmlinuz", "6.1");
}

/* By the name under which the content came it is known; by another it is read. */
static void
test_hard_link (Fixture *self, gconstpointer data)
{
  add_kernel (self, "boot/vmlinuz-6.1", "6.1");
  add_link (self, "boot/vmlinuz-6.2", "boot/vmlinuz-6.1", TRUE);
  add_initrd (self, "boot/initrd.img-6.1", "6.1");
  write_image (self);
  assert_same_choice (self, "6.1 ");
  assert_kernel (self, "boot/vmlinuz-6.1", "6.1");
  assert_kernel (self, "boot/vmlinuz-6.2", NULL);
}

static void
test_replaced (Fixture *self, gconstpointer data)
{
  g_autoptr (DomuimgEntry) entry
      = domuimg_entry_new ("boot/vmlinuz-6.1", DOMUIMG_ENTRY_FILE, 0644);
  g_autoptr (GBytes) other = bzimage_of_linux ("6.1 (b) #2", TRUE, FALSE);
  g_autoptr (GError) error = NULL;

  add_kernel (self, "boot/vmlinuz-6.1", "6.1");
  add_initrd (self, "boot/initrd.img-6.1", "6.1");
  write_image (self);
  attach (self);
  domuimg_tree_put (self->tree, entry, other, &error);
  g_assert_no_error (error);
  assert_kernel (self, "boot/vmlinuz-6.1", NULL);
  assert_initramfs (self, "boot/initrd.img-6.1", TRUE);
  domuimg_tree_remove (self->tree, "boot/initrd.img-6.1", &error);
  g_assert_no_error (error);
  assert_initramfs (self, "boot/initrd.img-6.1", FALSE);
}

static void
test_damaged_kernel (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) image = bzimage_of_linux ("6.1 (b) #1", TRUE, TRUE);
  g_autoptr (GBytes) half = g_bytes_new_from_bytes (image, 0, g_bytes_get_size (image) / 2);

  add_bytes (self, "boot/vmlinuz-6.1", half);
  add_initrd (self, "boot/initrd.img-6.1", "6.1");
  write_image (self);
  assert_same_choice (self, "/boot/vmlinuz-6.1: ");
  assert_kernel (self, "boot/vmlinuz-6.1", NULL);
}

static void
test_damaged_initramfs (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) text = g_bytes_new ("not one at all", 14);

  add_kernel (self, "boot/vmlinuz-6.1", "6.1");
  add_bytes (self, "boot/initrd.img-6.1", text);
  write_image (self);
  assert_same_choice (self, "its initramfs cannot be read");
  assert_initramfs (self, "boot/initrd.img-6.1", FALSE);
}

/* A kernel is taken into memory, and this is not the time to do that with any that comes. */
static void
test_large_kernel (Fixture *self, gconstpointer data)
{
  gsize size = ((gsize) 64 << 20) + 4096;
  g_autoptr (GBytes) zeros = g_bytes_new_take (g_malloc0 (size), size);

  add_bytes (self, "boot/vmlinuz-6.1", zeros);
  write_image (self);
  assert_same_choice (self, "not a kernel");
  assert_kernel (self, "boot/vmlinuz-6.1", NULL);
}

/* Further pieces, and holes between them, lie where the filesystem has put them. */
static void
test_large_initramfs (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) one = cpio_new ("lib/modules/6.1/xen-blkfront.ko", "x", NULL);
  g_autoptr (GBytes) other = cpio_new ("lib/modules/6.1/ext4.ko", "y", NULL);
  g_autoptr (GBytes) both = concat_bytes (one, (gsize) 160 << 20, other);

  add_kernel (self, "boot/vmlinuz-6.1", "6.1");
  add_bytes (self, "boot/initrd.img-6.1", both);
  write_image (self);
  assert_same_choice (self, "boot/initrd.img-6.1 6.1 ");
  assert_initramfs (self, "boot/initrd.img-6.1", TRUE);
}

static void
test_other_names (void)
{
  g_assert_null (domuimg_kernel_version_of_path ("boot/grub/vmlinuz-1"));
  g_assert_null (domuimg_kernel_version_of_path ("vmlinuz-1"));
  g_assert_null (domuimg_kernel_version_of_path ("lib/modules/1/kernel/vmlinuz"));
  g_assert_null (domuimg_kernel_version_of_path ("boot/vmlinux-1.debug"));
  g_assert_null (domuimg_initrd_version_of_path ("boot/initrd.img-"));
  g_assert_null (domuimg_initrd_version_of_path ("initrd.img-1"));
  g_assert_null (domuimg_initrd_version_of_path ("lib/modules/1/initrd"));
}

static void
test_names (void)
{
  static const char *const kernels[][2] = {
    { "boot/vmlinuz-6.1-amd64", "6.1-amd64" }, { "boot/kernel-6.1", "6.1" },
    { "boot/vmlinuz", "" }, { "vmlinuz", "" }, { "lib/modules/6.1/vmlinuz", "6.1" },
    { "usr/lib/modules/6.1/vmlinuz", "6.1" },
  };
  static const char *const initrds[][2] = {
    { "boot/initrd.img-6.1", "6.1" }, { "boot/initramfs-6.1.img", "6.1" },
    { "boot/initramfs-lts", "lts" }, { "boot/initrd", "" }, { "initrd.img", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kernels); i++)
    {
      g_autofree char *version = domuimg_kernel_version_of_path (kernels[i][0]);

      g_assert_cmpstr (version, ==, kernels[i][1]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (initrds); i++)
    {
      g_autofree char *version = domuimg_initrd_version_of_path (initrds[i][0]);

      g_assert_cmpstr (version, ==, initrds[i][1]);
    }
}

#define ADD(name, function) \
  g_test_add ("/kernel-ahead/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernel-ahead/names", test_names);
  g_test_add_func ("/kernel-ahead/other-names", test_other_names);
  ADD ("kernel-first", test_kernel_first);
  ADD ("newest", test_newest);
  ADD ("modules", test_modules);
  ADD ("hard-link", test_hard_link);
  ADD ("replaced", test_replaced);
  ADD ("damaged-kernel", test_damaged_kernel);
  ADD ("damaged-initramfs", test_damaged_initramfs);
  ADD ("large-kernel", test_large_kernel);
  ADD ("large-initramfs", test_large_initramfs);
  return g_test_run ();
}
