/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>

#include "domuimg/error.h"
#include "domuimg/installed-kernel.h"
#include "lib/disk/file.h"
#include "lib/tree/memory.h"
#include "lib/tree/mount.h"
#include "tests/unit/kernel-fixtures.h"
#include "tests/unit/tree-fixtures.h"

#define MIB ((guint64) 1024 * 1024)
#define BOOT_UUID "11111111-2222-4333-8444-555555555555"

/* Images are made by the programs of e2fsprogs and util-linux. */

typedef struct {
  char *scratch; /* with directories "root" and "boot" to make filesystems from */
  char *image;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  static const char *const directories[] = { "root/etc", "root/sbin", "root/boot", "boot" };

  self->scratch = tree_scratch_new ();
  self->image = g_build_filename (self->scratch, "disk", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_build_filename (self->scratch, directories[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (path, 0755), ==, 0);
    }
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_free (self->image);
  tree_scratch_free (self->scratch);
}

static void
put (Fixture *self, const char *path, GBytes *content)
{
  g_autofree char *full = g_build_filename (self->scratch, path, NULL);
  g_autofree char *directory = g_path_get_dirname (full);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_assert_true (g_file_set_contents (full, g_bytes_get_data (content, NULL),
                                      (gssize) g_bytes_get_size (content), NULL));
}

static void
put_text (Fixture *self, const char *path, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  put (self, path, bytes);
}

/* A kernel and its initramfs, with modules for @modules. */
static void
put_kernel (Fixture *self, const char *boot, const char *version, const char *modules)
{
  g_autoptr (GBytes) kernel = bzimage_of_linux (version, TRUE, TRUE);
  g_autofree char *directory = g_strconcat ("lib/modules/", modules, NULL);
  g_autofree char *disk = g_strconcat (directory, "/xen-blkfront.ko", NULL);
  g_autofree char *fs = g_strconcat (directory, "/ext4.ko", NULL);
  g_autoptr (GBytes) initramfs = cpio_new (directory, NULL, disk, "", fs, "", NULL);
  g_autofree char *vmlinuz = g_strconcat (boot, "/vmlinuz-", version, NULL);
  g_autofree char *initrd = g_strconcat (boot, "/initrd.img-", version, NULL);

  put (self, vmlinuz, kernel);
  put (self, initrd, initramfs);
}

/* Words of @line are apart by spaces; a tab in one is a space. */
static void
run (Fixture *self, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GError) error = NULL;
  int status;

  for (char **word = words; *word != NULL; word++)
    g_strdelimit (*word, "\t", ' ');
  g_spawn_sync (self->scratch, words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL
                    | G_SPAWN_STDERR_TO_DEV_NULL,
                NULL, NULL, NULL, NULL, &status, &error);
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

static GPtrArray *
must_list (Fixture *self, guint count)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *kernels = domuimg_installed_kernel_list (self->image, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (kernels->len, ==, count);
  return kernels;
}

static void
must_match (DomuimgInstalledKernel *kernel, gboolean matches, const char *word)
{
  g_autofree char *reason = NULL;

  g_assert_cmpint (domuimg_installed_kernel_get_matches (kernel, &reason), ==, matches);
  if (strstr (reason, word) == NULL)
    g_error ("'%s' is not in '%s'", word, reason);
}

static void
test_kernels_of_an_image (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) kernels = NULL;
  g_auto (GStrv) config = NULL;
  DomuimgInstalledKernel *newest;

  put_kernel (self, "root/boot", "6.1.0-9-amd64", "6.1.0-9-amd64");
  put_kernel (self, "root/boot", "6.1.0-10-amd64", "6.1.0-10-amd64");
  put_text (self, "root/lib/modules/6.1.0-10-amd64/modules.dep", "");
  put_text (self, "root/lib/modules/6.1.0-10-amd64/config", "CONFIG_XEN_PV=y\nCONFIG_NET=y\n");
  run (self, "mke2fs -q -F -t ext4 -d root disk 16M");
  kernels = must_list (self, 2);
  newest = g_ptr_array_index (kernels, 0);
  g_assert_cmpstr (domuimg_installed_kernel_get_path (newest), ==, "/boot/vmlinuz-6.1.0-10-amd64");
  g_assert_cmpstr (domuimg_installed_kernel_get_version (newest), ==, "6.1.0-10-amd64");
  g_assert_cmpstr (domuimg_installed_kernel_get_modules (newest), ==,
                   "/lib/modules/6.1.0-10-amd64");
  g_assert_cmpstr (domuimg_installed_kernel_get_initramfs (newest), ==,
                   "/boot/initrd.img-6.1.0-10-amd64");
  must_match (newest, TRUE, "xen-blkfront and ext4 are in its initramfs");
  config = domuimg_kernel_get_xen_config (domuimg_installed_kernel_get_kernel (newest));
  g_assert_cmpuint (g_strv_length (config), ==, 1);
  g_assert_cmpstr (config[0], ==, "CONFIG_XEN_PV=y");
  g_assert_null (domuimg_installed_kernel_get_modules (g_ptr_array_index (kernels, 1)));
  must_match (g_ptr_array_index (kernels, 1), FALSE, "/lib/modules/6.1.0-9-amd64");
}

static void
test_what_does_not_match (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) kernels = NULL;
  DomuimgInstalledKernel *broken;

  put_kernel (self, "root/boot", "6.3-other-modules", "6.3");
  put_kernel (self, "root/boot", "6.2-no-initramfs", "6.2-no-initramfs");
  put_text (self, "root/boot/initrd.img-6.2-no-initramfs", "this is text");
  put_text (self, "root/boot/vmlinuz-6.1-broken", "this is no kernel");
  run (self, "mke2fs -q -F -t ext4 -d root disk 16M");
  kernels = must_list (self, 3);
  must_match (g_ptr_array_index (kernels, 0), FALSE, "modules for 6.3 only");
  must_match (g_ptr_array_index (kernels, 1), FALSE, "cannot be read");
  broken = g_ptr_array_index (kernels, 2);
  must_match (broken, FALSE, "not a kernel");
  g_assert_cmpstr (domuimg_installed_kernel_get_version (broken), ==, "6.1-broken");
  g_assert_null (domuimg_installed_kernel_get_kernel (broken));
}

static void
make_partitions (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *table = g_build_filename (self->scratch, "table", NULL);

  g_assert_true (domuimg_disk_file_allocate_raw (NULL, self->image, 64 * MIB, NULL, NULL, &error));
  g_assert_true (g_file_set_contents (table,
                                      "label: dos\nstart=1MiB, size=16MiB\n"
                                      "start=20MiB, size=16MiB\nstart=40MiB, size=16MiB\n",
                                      -1, NULL));
  run (self, "sh -c sfdisk\t-q\tdisk\t<table");
  /* One of another system is before the guest's own. */
  put_text (self, "other/vmlinuz-9.9", "of another system");
  run (self, "mke2fs -q -F -t ext4 -d other -E offset=1048576 disk 16M");
  run (self, "mke2fs -q -F -t ext4 -U " BOOT_UUID " -d boot -E offset=20971520 disk 16M");
  run (self, "mke2fs -q -F -t ext4 -d root -E offset=41943040 disk 16M");
}

static void
test_boot_of_its_own (Fixture *self, gconstpointer data)
{
  g_autoptr (GPtrArray) kernels = NULL;
  DomuimgInstalledKernel *kernel;

  put_kernel (self, "boot", "6.1.0-10-amd64", "6.1.0-10-amd64");
  put_text (self, "boot/config-6.1.0-10-amd64", "CONFIG_XEN=y\n");
  put_text (self, "root/lib/modules/6.1.0-10-amd64/modules.dep", "");
  put_text (self, "root/etc/fstab",
            "# /boot is apart\n\n  UUID=" BOOT_UUID "\t/boot ext4 defaults 0 2\n");
  make_partitions (self);
  kernels = must_list (self, 1);
  kernel = g_ptr_array_index (kernels, 0);
  g_assert_cmpstr (domuimg_installed_kernel_get_path (kernel), ==, "/boot/vmlinuz-6.1.0-10-amd64");
  g_assert_cmpstr (domuimg_installed_kernel_get_modules (kernel), ==,
                   "/lib/modules/6.1.0-10-amd64");
  must_match (kernel, TRUE, "in its initramfs");
}

/* Paths and initramfs, with a newline after each kernel. */
static char *
list_paths (GPtrArray *kernels)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < kernels->len; i++)
    g_string_append_printf (list, "%s %s\n", domuimg_installed_kernel_get_path (kernels->pdata[i]),
                            domuimg_installed_kernel_get_initramfs (kernels->pdata[i]));
  return g_string_free (list, FALSE);
}

/* Kernels of NixOS have no name that tells of them, and a version only inside. */
static void
test_kernels_of_a_menu (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) kernel = bzimage_of_linux ("6.6.1", TRUE, TRUE);
  g_autoptr (GBytes) newest = bzimage_of_linux ("6.6.2", TRUE, TRUE);
  g_autoptr (GPtrArray) kernels = NULL;
  g_autofree char *paths = NULL;

  put_kernel (self, "root/boot", "6.1.0", "6.1.0");
  put (self, "root/nix/store/a-linux-6.6.1/bzImage", kernel);
  put (self, "root/nix/store/b-linux-6.6.2/bzImage", newest);
  put_text (self, "root/nix/store/i/initrd", "x");
  put_text (self, "root/boot/grub/grub.cfg",
            "set default=1\n"
            "menuentry Old { linux /nix/store/a-linux-6.6.1/bzImage init=/a; initrd /nix/store/i/initrd; }\n"
            "menuentry New { linux /nix/store/b-linux-6.6.2/bzImage; initrd /ucode.img /nix/store/i/initrd; }\n"
            "menuentry Again { linux ($x)/nix/store/a-linux-6.6.1/bzImage; }\n"
            "menuentry Listed { linux /boot/vmlinuz-6.1.0; }\n"
            "menuentry Gone { linux /nix/store/c/bzImage; }\n"
            "menuentry Elsewhere { linux (hd1,1)/etc/fstab; }\n");
  put_text (self, "root/etc/fstab", "");
  run (self, "mke2fs -q -F -t ext4 -d root disk 16M");
  kernels = must_list (self, 3);
  paths = list_paths (kernels);
  g_assert_cmpstr (paths, ==,
                   "/boot/vmlinuz-6.1.0 /boot/initrd.img-6.1.0\n"
                   "/nix/store/b-linux-6.6.2/bzImage /nix/store/i/initrd\n"
                   "/nix/store/a-linux-6.6.1/bzImage /nix/store/i/initrd\n");
  g_assert_cmpstr (domuimg_installed_kernel_get_version (kernels->pdata[1]), ==, "6.6.2");
}

/* What kernel-install makes, on a partition that is mounted elsewhere than at /boot. */
static void
test_kernels_of_kernel_install (Fixture *self, gconstpointer data)
{
  const char *point = data;
  g_autoptr (GBytes) kernel = bzimage_of_linux ("6.6.2", TRUE, TRUE);
  g_autofree char *fstab = g_strdup_printf ("UUID=" BOOT_UUID " %s vfat defaults 0 2\n", point);
  g_autofree char *hidden = g_strconcat ("root", point, "/hidden", NULL);
  g_autofree char *expected = g_strdup_printf ("%s/0123/6.6.2/linux %s/0123/6.6.2/initrd\n", point, point);
  g_autofree char *paths = NULL;
  g_autoptr (GPtrArray) kernels = NULL;

  put (self, "boot/0123/6.6.2/linux", kernel);
  put_text (self, "boot/0123/6.6.2/initrd", "x");
  put_text (self, "boot/loader/entries/0123-6.6.2.conf",
            "title T\nmachine-id 0123\nlinux /0123/6.6.2/linux\ninitrd /0123/6.6.2/initrd\n");
  put_text (self, "root/lib/modules/6.6.2/modules.dep", "");
  put_text (self, "root/etc/fstab", fstab);
  put_text (self, hidden, "");
  make_partitions (self);
  kernels = must_list (self, 1);
  paths = list_paths (kernels);
  g_assert_cmpstr (paths, ==, expected);
  g_assert_cmpstr (domuimg_installed_kernel_get_modules (kernels->pdata[0]), ==, "/lib/modules/6.6.2");
}

static void
test_nothing_to_list (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) none = NULL;

  g_assert_null (domuimg_installed_kernel_list (self->image, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  run (self, "mke2fs -q -F -t ext4 -d boot disk 16M");
  g_assert_null (domuimg_installed_kernel_list (self->image, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "operating system"));
  run (self, "mke2fs -q -F -t ext4 -d root disk 16M");
  none = must_list (self, 0);
}

static void
put_in (DomuimgTree *tree, const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_true (domuimg_tree_mkdir_p (tree, directory, 0755, NULL));
  g_assert_true (domuimg_tree_write_text (tree, path, text, 0644, NULL));
}

/* Links lead from one into the other, and out of neither. */
static void
test_trees_put_together (void)
{
  g_autoptr (DomuimgTree) root = domuimg_tree_memory_new ();
  g_autoptr (DomuimgTree) boot = domuimg_tree_memory_new ();
  g_autoptr (DomuimgTree) tree = NULL;
  g_autofree char *by_root = NULL, *by_boot = NULL;
  g_autoptr (DomuimgEntry) entry = NULL;

  put_in (root, "boot/below", "hidden");
  put_in (root, "bootless/file", "beside");
  put_in (root, "etc/name", "of the root");
  put_in (boot, "grub/menu", "a menu");
  g_assert_true (domuimg_tree_symlink (root, "/boot/grub/menu", "menu", NULL));
  g_assert_true (domuimg_tree_symlink (boot, "../../etc/name", "grub/name", NULL));
  tree = domuimg_tree_mount_new (root, "boot", boot);
  by_root = domuimg_tree_read_text (tree, "menu", NULL);
  by_boot = domuimg_tree_read_text (tree, "boot/grub/name", NULL);
  g_assert_cmpstr (by_root, ==, "a menu");
  g_assert_cmpstr (by_boot, ==, "of the root");
  g_assert_false (domuimg_tree_exists (tree, "boot/below"));
  g_assert_true (domuimg_tree_exists (tree, "bootless/file"));
  entry = domuimg_tree_stat (tree, "boot/grub/menu", NULL);
  g_assert_cmpstr (entry->path, ==, "boot/grub/menu");
}

static void
test_changes_go_where_they_belong (void)
{
  g_autoptr (DomuimgTree) root = domuimg_tree_memory_new ();
  g_autoptr (DomuimgTree) boot = domuimg_tree_memory_new ();
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *in_root = NULL, *in_boot = NULL;

  put_in (root, "boot/below", "hidden");
  put_in (root, "etc/name", "of the root");
  put_in (boot, "grub/menu", "a menu");
  tree = domuimg_tree_mount_new (root, "boot", boot);
  g_assert_true (domuimg_tree_write_text (tree, "etc/new", "x", 0644, &error));
  g_assert_true (domuimg_tree_write_text (tree, "boot/grub/new", "y", 0644, &error));
  g_assert_no_error (error);
  in_root = domuimg_tree_read_text (root, "etc/new", NULL);
  in_boot = domuimg_tree_read_text (boot, "grub/new", NULL);
  g_assert_cmpstr (in_root, ==, "x");
  g_assert_cmpstr (in_boot, ==, "y");
  g_assert_true (domuimg_tree_remove (tree, "boot/grub/menu", &error));
  g_assert_false (domuimg_tree_exists (boot, "grub/menu"));
  g_assert_false (domuimg_tree_link (tree, "etc/name", "boot/name", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (domuimg_tree_remove (tree, "boot", &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/kernel-list/kernels-of-an-image", Fixture, NULL, set_up, test_kernels_of_an_image,
              tear_down);
  g_test_add ("/kernel-list/what-does-not-match", Fixture, NULL, set_up, test_what_does_not_match,
              tear_down);
  g_test_add ("/kernel-list/boot-of-its-own", Fixture, NULL, set_up, test_boot_of_its_own,
              tear_down);
  g_test_add ("/kernel-list/kernels-of-a-menu", Fixture, NULL, set_up, test_kernels_of_a_menu, tear_down);
  g_test_add ("/kernel-list/kernel-install-at-boot", Fixture, "/boot", set_up,
              test_kernels_of_kernel_install, tear_down);
  g_test_add ("/kernel-list/kernel-install-at-efi", Fixture, "/efi", set_up,
              test_kernels_of_kernel_install, tear_down);
  g_test_add ("/kernel-list/nothing-to-list", Fixture, NULL, set_up, test_nothing_to_list,
              tear_down);
  g_test_add_func ("/kernel-list/trees-put-together", test_trees_put_together);
  g_test_add_func ("/kernel-list/changes go where they belong", test_changes_go_where_they_belong);
  return g_test_run ();
}
