/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/kernel/select.h"
#include "lib/tree/memory.h"
#include "tests/unit/kernel-fixtures.h"

static void
put_bytes (DomuimgTree *tree, const char *path, GBytes *content)
{
  g_autoptr (DomuimgEntry) entry = domuimg_entry_new (path, DOMUIMG_ENTRY_FILE, 0644);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GError) error = NULL;

  domuimg_tree_mkdir_p (tree, directory, 0755, &error);
  g_assert_no_error (error);
  domuimg_tree_put (tree, entry, content, &error);
  g_assert_no_error (error);
}

static void
put_text (DomuimgTree *tree, const char *path, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  put_bytes (tree, path, bytes);
}

static void
put_kernel (DomuimgTree *tree, const char *path, const char *version, gboolean pv, gboolean pvh)
{
  g_autofree char *full = g_strconcat (version, " (builder) #1", NULL);
  g_autoptr (GBytes) image = bzimage_of_linux (full, pv, pvh);

  put_bytes (tree, path, image);
}

/* With modules of these names, NULL for none. */
static void
put_initrd (DomuimgTree *tree, const char *path, const char *version, const char *one,
            const char *other)
{
  g_autofree char *dir = g_strconcat ("lib/modules/", version, NULL);
  g_autofree char *first = g_strdup_printf ("%s/%s.ko", dir, one != NULL ? one : "dummy");
  g_autofree char *second = g_strdup_printf ("%s/%s.ko", dir, other != NULL ? other : "nothing");
  g_autoptr (GBytes) cpio = cpio_new (dir, NULL, first, "", second, "", NULL);

  put_bytes (tree, path, cpio);
}

/* A Debian kernel that can do all. */
static void
put_debian (DomuimgTree *tree, const char *version, gboolean pv, gboolean pvh)
{
  g_autofree char *kernel = g_strconcat ("boot/vmlinuz-", version, NULL);
  g_autofree char *initrd = g_strconcat ("boot/initrd.img-", version, NULL);

  put_kernel (tree, kernel, version, pv, pvh);
  put_initrd (tree, initrd, version, "xen-blkfront", "ext4");
}

/* For a guest on Xen 4.17, whatever is here. */
static DomuimgKernelChoice *
select_on (DomuimgTree *tree, DomuimgGuestType type, const char *root_fs, DomuimgGuestType *found,
           GError **error)
{
  const DomuimgKernelTarget target = { type, { 4, 17, 0 } };

  return domuimg_kernel_select (tree, &target, root_fs, found, error);
}

static DomuimgKernelChoice *
must_select (DomuimgTree *tree, DomuimgGuestType type, DomuimgGuestType expected,
             const char *vmlinuz)
{
  g_autoptr (GError) error = NULL;
  DomuimgGuestType found = DOMUIMG_GUEST_TYPE_AUTO;
  DomuimgKernelChoice *choice = select_on (tree, type, "ext4", &found, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (choice->vmlinuz, ==, vmlinuz);
  g_assert_cmpint (found, ==, expected);
  g_assert_true (g_str_has_suffix (choice->reason, "."));
  return choice;
}

/* Each of @words, NULL at the end, is in the message. */
static void
must_refuse (DomuimgTree *tree, DomuimgGuestType type, const char *root_fs,
             const char *const *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (select_on (tree, type, root_fs, NULL, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_BOOTABLE);
  for (; *words != NULL; words++)
    if (strstr (error->message, *words) == NULL)
      g_error ("'%s' is not in '%s'", *words, error->message);
}

static void
test_the_newest_that_can (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (DomuimgKernelChoice) any = NULL;
  g_autoptr (DomuimgKernelChoice) pvh = NULL;

  put_debian (tree, "6.1.0-9-amd64", TRUE, TRUE);
  put_debian (tree, "6.1.0-10-amd64", TRUE, FALSE);
  put_debian (tree, "6.1.0-11-rt", FALSE, FALSE);
  put_debian (tree, "9.9-rescue-42", TRUE, TRUE);
  any = must_select (tree, DOMUIMG_GUEST_TYPE_AUTO, DOMUIMG_GUEST_TYPE_PV,
                     "boot/vmlinuz-6.1.0-10-amd64");
  g_assert_cmpstr (any->initrd, ==, "boot/initrd.img-6.1.0-10-amd64");
  g_assert_cmpstr (any->version, ==, "6.1.0-10-amd64");
  g_assert_null (any->modules);
  pvh = must_select (tree, DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_PVH,
                     "boot/vmlinuz-6.1.0-9-amd64");
  g_assert_nonnull (strstr (pvh->reason, "xen-blkfront and ext4 are in its initramfs"));
}

static void
test_pvh_comes_before_pv (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (DomuimgKernelChoice) any = NULL;
  g_autoptr (DomuimgKernelChoice) pv = NULL;

  put_debian (tree, "6.1", TRUE, TRUE);
  any = must_select (tree, DOMUIMG_GUEST_TYPE_AUTO, DOMUIMG_GUEST_TYPE_PVH, "boot/vmlinuz-6.1");
  pv = must_select (tree, DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_PV, "boot/vmlinuz-6.1");
}

static void
test_each_refusal_is_told (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  put_debian (tree, "6.5", FALSE, FALSE);
  put_kernel (tree, "boot/vmlinuz-6.4", "6.4", TRUE, TRUE);
  put_kernel (tree, "boot/vmlinuz-6.3", "6.3", TRUE, TRUE);
  put_initrd (tree, "boot/initrd.img-6.3", "6.3", "ext4", NULL);
  put_kernel (tree, "boot/vmlinuz-6.2", "6.2", TRUE, TRUE);
  put_initrd (tree, "boot/initrd.img-6.2", "6.2", "xen-blkfront", NULL);
  put_kernel (tree, "boot/vmlinuz-6.1", "6.1", TRUE, TRUE);
  put_initrd (tree, "boot/initrd.img-6.1", "5.9", "xen-blkfront", "ext4");
  put_text (tree, "boot/vmlinuz-6.0", "not a kernel");
  put_kernel (tree, "boot/vmlinuz-5.0", "5.0", TRUE, TRUE);
  put_text (tree, "boot/initrd.img-5.0", "070701 damaged");
  must_refuse (tree, DOMUIMG_GUEST_TYPE_AUTO, "ext4",
               (const char *const[]){
                   "/boot/vmlinuz-6.5: it has no PV entry point",
                   "/boot/vmlinuz-6.4: xen-blkfront is not built into it, and there is no",
                   "/boot/vmlinuz-6.3: its initramfs /boot/initrd.img-6.3 lacks xen-blkfront",
                   "/boot/vmlinuz-6.2: its initramfs /boot/initrd.img-6.2 lacks ext4",
                   "/boot/vmlinuz-6.1: its initramfs /boot/initrd.img-6.1 has modules for 5.9 only",
                   "/boot/vmlinuz-6.0: not a kernel",
                   "/boot/vmlinuz-5.0: its initramfs cannot be read", NULL });
}

static void
test_no_kernel_at_all (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();

  must_refuse (tree, DOMUIMG_GUEST_TYPE_PV, "ext4",
               (const char *const[]){ "no kernel in /boot", "linux-image-amd64", NULL });
}

static void
test_built_in_drivers_need_no_initramfs (void)
{
  static const char *const config
      = "# Linux\nCONFIG_XEN_BLKDEV_FRONTEND=y\nCONFIG_EXT4_FS=y\nCONFIG_XFS_FS=m\n";
  g_autoptr (DomuimgTree) by_config = domuimg_tree_memory_new ();
  g_autoptr (DomuimgTree) by_list = domuimg_tree_memory_new ();
  g_autoptr (DomuimgKernelChoice) one = NULL;
  g_autoptr (DomuimgKernelChoice) other = NULL;

  put_kernel (by_config, "boot/vmlinuz-6.1", "6.1", TRUE, TRUE);
  put_text (by_config, "boot/config-6.1", config);
  one = must_select (by_config, DOMUIMG_GUEST_TYPE_AUTO, DOMUIMG_GUEST_TYPE_PVH,
                     "boot/vmlinuz-6.1");
  g_assert_null (one->initrd);
  g_assert_nonnull (strstr (one->reason, "xen-blkfront and ext4 are built into it"));
  must_refuse (by_config, DOMUIMG_GUEST_TYPE_PV, "xfs", (const char *const[]){ "xfs", NULL });

  put_kernel (by_list, "boot/vmlinuz-6.1", "6.1", TRUE, TRUE);
  put_text (by_list, "lib/modules/6.1/modules.builtin",
            "kernel/drivers/block/xen-blkfront.ko\nkernel/fs/ext4/ext4.ko\n");
  other = must_select (by_list, DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_PV, "boot/vmlinuz-6.1");
  g_assert_cmpstr (other->modules, ==, "lib/modules/6.1");
}

static void
test_the_ext4_driver_reads_ext3 (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (DomuimgKernelChoice) choice = NULL;
  g_autoptr (GError) error = NULL;

  put_debian (tree, "6.1", TRUE, TRUE);
  choice = select_on (tree, DOMUIMG_GUEST_TYPE_PV, "ext3", NULL, &error);
  g_assert_no_error (error);
  must_refuse (tree, DOMUIMG_GUEST_TYPE_PV, "btrfs", (const char *const[]){ "btrfs", NULL });
}

static void
test_hvm_has_emulated_disks (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (DomuimgKernelChoice) choice = NULL;

  put_kernel (tree, "boot/vmlinuz-6.1", "6.1", FALSE, FALSE);
  put_initrd (tree, "boot/initrd.img-6.1", "6.1", "ata_piix", "ext4");
  choice = must_select (tree, DOMUIMG_GUEST_TYPE_HVM, DOMUIMG_GUEST_TYPE_HVM, "boot/vmlinuz-6.1");
}

typedef struct {
  const char *kernel, *initrd, *link;
} Layout;

/* Where distributions put what. */
static const Layout layouts[] = {
  { "boot/vmlinuz-6.1", "boot/initrd.img-6.1", "vmlinuz" },
  { "boot/vmlinuz-6.1", "boot/initramfs-6.1.img", NULL },
  { "boot/vmlinuz-6.1", "boot/initrd-6.1", "boot/vmlinuz" },
  { "boot/vmlinux-6.1", "boot/initramfs-6.1", NULL },
  { "lib/modules/6.1/vmlinuz", "boot/initramfs-6.1.img", NULL },
  { "boot/vmlinuz-virt", "boot/initramfs-virt", NULL },
  { "boot/vmlinuz-linux", "boot/initramfs-linux.img", NULL },
  { "vmlinuz", "initrd.img", NULL },
  { "boot/vmlinuz", "boot/initrd.img", NULL },
  { "boot/vmlinuz", "boot/initrd.img-6.1", NULL },
};

static void
test_layouts_of_distributions (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
      g_autofree char *target = g_strconcat ("/", layouts[i].kernel, NULL);
      g_autoptr (DomuimgKernelChoice) choice = NULL;
      g_autoptr (GPtrArray) all = NULL;

      put_kernel (tree, layouts[i].kernel, "6.1", TRUE, TRUE);
      put_initrd (tree, layouts[i].initrd, "6.1", "xen-blkfront", "ext4");
      put_text (tree, "lib/modules/6.1/modules.dep", "");
      if (layouts[i].link != NULL)
        g_assert_true (domuimg_tree_symlink (tree, target, layouts[i].link, NULL));
      choice = must_select (tree, DOMUIMG_GUEST_TYPE_PV, DOMUIMG_GUEST_TYPE_PV, layouts[i].kernel);
      g_assert_cmpstr (choice->initrd, ==, layouts[i].initrd);
      g_assert_cmpstr (choice->modules, ==, "lib/modules/6.1");
      g_assert_cmpstr (choice->version, ==, "6.1");
      all = domuimg_kernel_list (tree, NULL);
      g_assert_cmpuint (all->len, ==, 1);
    }
}

static void
test_links_that_lead_nowhere (void)
{
  g_autoptr (DomuimgTree) tree = domuimg_tree_memory_new ();
  g_autoptr (GPtrArray) all = NULL;

  g_assert_true (domuimg_tree_mkdir_p (tree, "boot/vmlinuz-dir", 0755, NULL));
  g_assert_true (domuimg_tree_symlink (tree, "/nowhere", "boot/vmlinuz-1", NULL));
  g_assert_true (domuimg_tree_symlink (tree, "vmlinuz-2", "boot/vmlinuz-2", NULL));
  g_assert_true (domuimg_tree_symlink (tree, "../../../etc", "vmlinuz", NULL));
  all = domuimg_kernel_list (tree, NULL);
  g_assert_cmpuint (all->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/select/the-newest-that-can", test_the_newest_that_can);
  g_test_add_func ("/select/pvh-comes-before-pv", test_pvh_comes_before_pv);
  g_test_add_func ("/select/each-refusal-is-told", test_each_refusal_is_told);
  g_test_add_func ("/select/no-kernel-at-all", test_no_kernel_at_all);
  g_test_add_func ("/select/built-in-drivers-need-no-initramfs",
                   test_built_in_drivers_need_no_initramfs);
  g_test_add_func ("/select/the-ext4-driver-reads-ext3", test_the_ext4_driver_reads_ext3);
  g_test_add_func ("/select/hvm-has-emulated-disks", test_hvm_has_emulated_disks);
  g_test_add_func ("/select/layouts-of-distributions", test_layouts_of_distributions);
  g_test_add_func ("/select/links-that-lead-nowhere", test_links_that_lead_nowhere);
  return g_test_run ();
}
