/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/convert-fixtures.h"

#include <string.h>

#include "lib/base/cpio-write.h"
#include "lib/kernel/select-drivers.h"
#include "tests/unit/kernel-fixtures.h"

#define HOST_MODULES "/lib/modules"

static void
put_bytes (DomuimgTree *tree, const char *path, GBytes *content)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *normalised = domuimg_path_normalise (path, NULL);
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (normalised, DOMUIMG_ENTRY_FILE, 0644);
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  domuimg_tree_put (tree, entry, content, &error);
  g_assert_no_error (error);
}

static void
put (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  put_bytes (tree, path, bytes);
}

/* A kernel of @version; its initramfs is of initramfs-tools, and has no driver. @modules are those
 * that it has as files. */
static GBytes *
add_kernel (DomuimgTree *tree, const char *version, const char *const *modules)
{
  g_autofree char *vmlinuz = g_strdup_printf ("/boot/vmlinuz-%s", version);
  g_autofree char *initrd = g_strdup_printf ("/boot/initrd.img-%s", version);
  g_autofree char *directory = g_strdup_printf ("/usr/lib/modules/%s", version);
  g_autofree char *list = g_build_filename (directory, "modules.dep", NULL);
  g_autofree char *present = g_strdup_printf ("usr/lib/modules/%s/kernel/ahci.ko", version);
  g_autoptr (GBytes) kernel = bzimage_of_linux (version, TRUE, TRUE);
  g_autoptr (GString) lines = g_string_new (NULL);
  GBytes *initramfs = cpio_new ("conf", NULL, "conf/initramfs.conf", "MODULES=dep\n", "usr", NULL,
                                "usr/sbin", NULL, "usr/sbin/insmod", "x", present, "x", NULL);

  for (guint i = 0; modules[i] != NULL; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/kernel/%s.ko", directory, modules[i]);

      put (tree, path, modules[i]);
      g_string_append_printf (lines, "kernel/%s.ko:%s\n", modules[i],
                              g_str_equal (modules[i], "ext4") ? " kernel/jbd2.ko" : "");
    }
  put (tree, list, lines->str);
  put_bytes (tree, vmlinuz, kernel);
  put_bytes (tree, initrd, initramfs);
  return initramfs;
}

static DomuimgTree *
load (void)
{
  DomuimgTree *tree = convert_load ("debian-12");

  g_assert_true (domuimg_tree_remove (tree, "/boot/vmlinuz-6.1.0-26-amd64", NULL));
  g_assert_true (domuimg_tree_remove (tree, "/boot/initrd.img-6.1.0-26-amd64", NULL));
  return tree;
}

static GBytes *
read_initramfs (DomuimgTree *tree, const char *version)
{
  g_autofree char *path = g_strdup_printf ("/boot/initrd.img-%s", version);
  g_autoptr (GError) error = NULL;
  GBytes *bytes = domuimg_tree_read (tree, path, 1 << 30, &error);

  g_assert_no_error (error);
  return bytes;
}

static gboolean
has_module (GBytes *bytes, const char *module)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgInitramfs) initramfs = domuimg_initramfs_new_for_bytes (bytes, "i", &error);

  g_assert_no_error (error);
  return domuimg_initramfs_has_module (initramfs, module);
}

static void
assert_ends_with (GBytes *whole, GBytes *end)
{
  gsize size, end_size;
  const guint8 *data = g_bytes_get_data (whole, &size);
  const guint8 *wanted = g_bytes_get_data (end, &end_size);

  g_assert_cmpuint (size, >, end_size);
  g_assert_cmpmem (data + size - end_size, end_size, wanted, end_size);
}

static const char *const all_modules[] = { "xen-blkfront", "xen-netfront", "ext4", "jbd2", NULL };

static void
test_every_kernel_gets_its_modules (void)
{
  static const char *const versions[] = { "6.1.0-26-amd64", "6.1.0-25-amd64" };
  g_autoptr (DomuimgTree) tree = load ();
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (GBytes) first = add_kernel (tree, versions[0], all_modules);
  g_autoptr (GBytes) second = add_kernel (tree, versions[1], all_modules);
  GBytes *const old[] = { first, second };
  g_autoptr (GPtrArray) changes = convert_run (want, tree);

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    {
      g_autoptr (GBytes) bytes = read_initramfs (tree, versions[i]);
      g_autofree char *note = g_strdup_printf (
          "/initrd.img-%s: its first %" G_GSIZE_FORMAT " bytes, ", versions[i],
          g_bytes_get_size (bytes) - g_bytes_get_size (old[i]));

      for (guint j = 0; all_modules[j] != NULL; j++)
        g_assert_true (has_module (bytes, all_modules[j]));
      assert_ends_with (bytes, old[i]);
      g_assert_true (convert_says (changes, note));
    }
  guest_assert_text (tree, "/etc/initramfs-tools/modules",
                     "# List of modules\nxen-blkfront\nxen-netfront\next4\n");
  guest_assert_absent (tree, "/var/lib/domuimg/replaced/boot/initrd.img-6.1.0-26-amd64");
}

static void
test_second_run_adds_nothing (void)
{
  g_autoptr (DomuimgTree) tree = load ();
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (GBytes) old = add_kernel (tree, "6.1.0-26-amd64", all_modules);
  g_autoptr (GPtrArray) first = convert_run (want, tree);
  g_autoptr (GBytes) before = read_initramfs (tree, "6.1.0-26-amd64");
  g_autoptr (GPtrArray) second = convert_run (want, tree);
  g_autoptr (GBytes) after = read_initramfs (tree, "6.1.0-26-amd64");

  g_assert_true (g_bytes_equal (before, after));
  g_assert_true (convert_says (first, "put "));
  g_assert_false (convert_says (second, "put "));
}

/* What it has is of use without what it has not. */
static void
test_kernel_without_a_module (void)
{
  static const char *const some[] = { "xen-blkfront", "ext4", "jbd2", NULL };
  g_autoptr (DomuimgTree) tree = load ();
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (GBytes) old = add_kernel (tree, "6.1.0-26-amd64", some);
  g_autoptr (GPtrArray) changes = convert_run (want, tree);
  g_autoptr (GBytes) bytes = read_initramfs (tree, "6.1.0-26-amd64");

  g_assert_true (has_module (bytes, "xen-blkfront"));
  g_assert_true (has_module (bytes, "ext4"));
  g_assert_true (convert_says (changes, "warning: the kernel /boot/vmlinuz-6.1.0-26-amd64"
                                        " (6.1.0-26-amd64) has no module xen-netfront"));
}

static void
test_built_in_drivers_count (void)
{
  static const char *const some[] = { "xen-netfront", NULL };
  g_autoptr (DomuimgTree) tree = load ();
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (GBytes) old = add_kernel (tree, "6.1.0-26-amd64", some);
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GBytes) bytes = NULL;

  put (tree, "/usr/lib/modules/6.1.0-26-amd64/modules.builtin",
       "kernel/drivers/block/xen-blkfront.ko\nkernel/fs/ext4/ext4.ko\n");
  changes = convert_run (want, tree);
  bytes = read_initramfs (tree, "6.1.0-26-amd64");
  g_assert_true (has_module (bytes, "xen-netfront"));
  g_assert_false (convert_says (changes, "has no module"));
  guest_assert_text (tree, "/etc/initramfs-tools/modules", "# List of modules\nxen-netfront\n");
}

/* Nothing can be put into it: that is said, and the rest is converted. */
static void
test_unknown_initramfs (void)
{
  g_autoptr (DomuimgTree) tree = load ();
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (GBytes) old = add_kernel (tree, "6.1.0-26-amd64", all_modules);
  g_autoptr (GBytes) other = cpio_new ("init", "x", NULL);
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GBytes) bytes = NULL;

  put_bytes (tree, "/boot/initrd.img-6.1.0-26-amd64", other);
  changes = convert_run (want, tree);
  bytes = read_initramfs (tree, "6.1.0-26-amd64");
  g_assert_true (g_bytes_equal (bytes, other));
  g_assert_true (convert_says (changes, "warning: /boot/initrd.img-6.1.0-26-amd64 gets no "));
  guest_assert_contains (tree, "/etc/fstab", "UUID=" CONVERT_ROOT_UUID);
}

static void
copy_in (DomuimgTree *tree, const char *path)
{
  g_autoptr (GError) error = NULL;
  char *data;
  gsize length;
  g_autoptr (GBytes) bytes = NULL;

  g_file_get_contents (path, &data, &length, &error);
  g_assert_no_error (error);
  bytes = g_bytes_new_take (data, length);
  put_bytes (tree, path, bytes);
}

/* Of an installed kernel: its version, or NULL. */
static char *
copy_host_kernel (DomuimgTree *tree)
{
  static const char *const files[]
      = { "modules.dep", "modules.builtin", "modules.softdep", "modules.alias",
          "kernel/drivers/block/xen-blkfront.ko", "kernel/drivers/net/xen-netfront.ko" };
  g_autoptr (GDir) directory = g_dir_open (HOST_MODULES, 0, NULL);
  const char *version;

  while (directory != NULL && (version = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *vmlinuz = g_strdup_printf ("/boot/vmlinuz-%s", version);
      g_autofree char *driver = g_strdup_printf (HOST_MODULES "/%s/%s", version, files[4]);

      if (!g_file_test (vmlinuz, G_FILE_TEST_EXISTS) || !g_file_test (driver, G_FILE_TEST_EXISTS))
        continue;
      copy_in (tree, vmlinuz);
      for (guint i = 0; i < G_N_ELEMENTS (files); i++)
        {
          g_autofree char *path = g_strdup_printf (HOST_MODULES "/%s/%s", version, files[i]);

          copy_in (tree, path);
        }
      return g_strdup (version);
    }
  return NULL;
}

static void
test_installed_kernel (void)
{
  g_autoptr (DomuimgTree) tree = load ();
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autofree char *version = copy_host_kernel (tree);
  g_autofree char *initrd = NULL, *text = NULL;
  g_autoptr (GBytes) initramfs = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (GPtrArray) kernels = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgKernelChoice *choice;

  if (version == NULL)
    {
      g_test_skip ("no kernel with xen-blkfront.ko is installed here (linux-image-cloud-amd64)");
      return;
    }
  initrd = g_strdup_printf ("/boot/initrd.img-%s", version);
  initramfs = cpio_new ("conf", NULL, "conf/initramfs.conf", "MODULES=dep\n", "usr", NULL,
                        "usr/sbin", NULL, "usr/sbin/insmod", "x", NULL);
  put_bytes (tree, initrd, initramfs);
  kernels = domuimg_kernel_list (tree, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (kernels->len, ==, 1);
  choice = g_ptr_array_index (kernels, 0);
  g_assert_true (domuimg_kernel_choice_load (choice, tree, &error));
  g_assert_false (domuimg_drivers_check (tree, choice, want->type, "ext4", &text));
  g_clear_pointer (&text, g_free);
  changes = convert_run (want, tree);
  /* The old choice keeps the initramfs as it was before. */
  g_ptr_array_unref (kernels);
  kernels = domuimg_kernel_list (tree, &error);
  g_assert_no_error (error);
  choice = g_ptr_array_index (kernels, 0);
  g_assert_true (domuimg_kernel_choice_load (choice, tree, &error));
  g_assert_true (domuimg_drivers_check (tree, choice, want->type, "ext4", &text));
  g_assert_true (convert_says (changes, "put xen-blkfront,xen-netfront into the initramfs "));
}

#define ADD(name, function) g_test_add_func ("/convert-initramfs/" name, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("every-kernel-gets-its-modules", test_every_kernel_gets_its_modules);
  ADD ("second-run-adds-nothing", test_second_run_adds_nothing);
  ADD ("kernel-without-a-module", test_kernel_without_a_module);
  ADD ("built-in-drivers-count", test_built_in_drivers_count);
  ADD ("unknown-initramfs", test_unknown_initramfs);
  ADD ("installed-kernel", test_installed_kernel);
  return g_test_run ();
}
