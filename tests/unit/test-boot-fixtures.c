/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/boot/menu-find.h"
#include "lib/tree/dir.h"
#include "lib/tree/memory.h"

/* Menus as distributions write them, tests/fixtures/boot, by each loader. */

static DomuimgTree *
open_fixture (const char *name)
{
  g_autofree char *path
      = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "../fixtures/boot", name, NULL);
  g_autoptr (GError) error = NULL;
  DomuimgTree *tree = domuimg_tree_dir_new (path, &error);

  g_assert_no_error (error);
  return tree;
}

static DomuimgMenu *
read_fixture (const char *name, DomuimgLoader loader)
{
  g_autoptr (DomuimgTree) tree = open_fixture (name);
  g_autoptr (GError) error = NULL;
  DomuimgMenu *menu = domuimg_menu_find (tree, NULL, loader, &error);

  g_assert_no_error (error);
  return menu;
}

static const DomuimgMenuEntry *
entry_of (const DomuimgMenu *menu, guint index)
{
  g_assert_cmpuint (index, <, menu->entries->len);
  return g_ptr_array_index (menu->entries, index);
}

static const char *
problem_of (const DomuimgMenu *menu)
{
  g_assert_cmpuint (menu->problems->len, ==, 1);
  return g_ptr_array_index (menu->problems, 0);
}

static void
assert_entry (const DomuimgMenuEntry *entry, const char *kernel, const char *initrds,
              const char *cmdline)
{
  g_autoptr (GString) joined = g_string_new (NULL);

  for (guint i = 0; i < entry->initrds->len; i++)
    g_string_append_printf (joined, "%s%s", i > 0 ? " " : "",
                            (const char *) g_ptr_array_index (entry->initrds, i));
  g_assert_cmpstr (entry->kernel, ==, kernel);
  g_assert_cmpstr (joined->str, ==, initrds);
  g_assert_cmpstr (entry->cmdline, ==, cmdline);
}

#define DEBIAN_UUID "7a1c4b0e-0f5f-4f4e-9d1b-3f1f2ad0c001"

static void
test_debian_starts_its_saved_entry (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("debian-12", DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpuint (menu->problems->len, ==, 0);
  g_assert_cmpuint (menu->entries->len, ==, 3);
  g_assert_cmpint (menu->default_entry, ==, 2);
  g_assert_cmpuint (menu->timeout, ==, 5);
  g_assert_false (menu->waits);
  g_assert_cmpstr (menu->path, ==, "boot/grub/grub.cfg");
  assert_entry (entry_of (menu, 2), "/boot/vmlinuz-6.1.0-18-amd64",
                "/boot/initrd.img-6.1.0-18-amd64", "root=UUID=" DEBIAN_UUID " ro quiet");
  g_assert_cmpstr (entry_of (menu, 2)->root_hint, ==, "UUID=" DEBIAN_UUID);
  g_assert_cmpstr (entry_of (menu, 2)->title, ==,
                   "Advanced options for Debian GNU/Linux>"
                   "Debian GNU/Linux, with Linux 6.1.0-18-amd64");
  g_assert_cmpuint (entry_of (menu, 0)->line, ==, 77);
}

/* Its $prefix is in its memory, and so grubenv is not found. */
static void
test_grub_for_xen_knows_no_saved_entry (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("debian-12", DOMUIMG_LOADER_PVGRUB);

  g_assert_cmpuint (menu->problems->len, ==, 0);
  g_assert_cmpint (menu->default_entry, ==, 0);
}

static void
test_pygrub_knows_no_saved_entry_and_no_submenu (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("debian-12", DOMUIMG_LOADER_PYGRUB);

  /* It does not know that the last of them is for EFI only. */
  g_assert_cmpuint (menu->entries->len, ==, 4);
  g_assert_cmpint (menu->default_entry, ==, 0);
  /* The last `set timeout=` in the file. */
  g_assert_cmpuint (menu->timeout, ==, 7);
  g_assert_cmpstr (entry_of (menu, 2)->title, ==, "Debian GNU/Linux, with Linux 6.1.0-18-amd64");
  g_assert_null (entry_of (menu, 2)->root_hint);
}

static void
test_ubuntu_boots_without_its_initramfs_first (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("ubuntu-22.04", DOMUIMG_LOADER_FIRMWARE);
  g_autoptr (DomuimgMenu) by_pygrub = read_fixture ("ubuntu-22.04", DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu->problems->len, ==, 0);
  assert_entry (entry_of (menu, 0), "/boot/vmlinuz-5.15.0-1045-kvm", "",
                "root=PARTUUID=0b6d0c52-01 ro console=tty1 console=ttyS0 panic=-1");
  /* Both branches happen. */
  assert_entry (entry_of (by_pygrub, 0), "/boot/vmlinuz-5.15.0-1045-kvm",
                "/boot/initrd.img-5.15.0-1045-kvm",
                "root=PARTUUID=${partuuid} ro console=tty1 console=ttyS0 panic=-1");
}

static void
test_fedora_sorts_its_entries_as_rpm_does (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("fedora-38", DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpuint (menu->problems->len, ==, 0);
  g_assert_cmpuint (menu->entries->len, ==, 4);
  g_assert_cmpstr (entry_of (menu, 0)->kernel, ==, "/boot/vmlinuz-6.10.3-100.fc38.x86_64");
  g_assert_cmpstr (entry_of (menu, 1)->kernel, ==, "/boot/vmlinuz-6.2.15-300.fc38.x86_64");
  g_assert_nonnull (strstr (entry_of (menu, 3)->kernel, "rescue"));
  g_assert_cmpint (menu->default_entry, ==, 2);
  g_assert_cmpstr (entry_of (menu, 2)->root_hint, ==,
                   "UUID=9a0f7c1e-1111-4222-8333-944455566677");
  g_assert_cmpstr (entry_of (menu, 2)->source, ==,
                   "boot/loader/entries/5f1e2d3c4b5a69788796a5b4c3d2e1f0-6.2.9-300.fc38.x86_64"
                   ".conf");
  assert_entry (entry_of (menu, 2), "/boot/vmlinuz-6.2.9-300.fc38.x86_64",
                "/boot/initramfs-6.2.9-300.fc38.x86_64.img",
                "root=UUID=9a0f7c1e-1111-4222-8333-944455566677 ro rhgb quiet");
}

static void
test_pygrub_gives_up_on_fedora (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("fedora-38", DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpuint (menu->entries->len, ==, 0);
  g_assert_cmpint (menu->default_entry, ==, -1);
  g_assert_nonnull (strstr (problem_of (menu), "line 26"));
}

/* It lies in grub2/, where GRUB for Xen of Debian does not look. */
static void
test_grub_for_xen_does_not_find_fedora (void)
{
  g_autoptr (DomuimgTree) tree = open_fixture ("fedora-38");
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_PVGRUB, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

/* The fixture is a /boot of its own. */
static void
test_centos_7_has_its_saved_entry_by_title (void)
{
  g_autoptr (DomuimgTree) boot = open_fixture ("centos-7");
  g_autoptr (DomuimgTree) root = domuimg_tree_memory_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (DomuimgMenu) menu
      = domuimg_menu_find (root, boot, DOMUIMG_LOADER_FIRMWARE, &error);
  g_autoptr (DomuimgMenu) by_pygrub
      = domuimg_menu_find (root, boot, DOMUIMG_LOADER_PYGRUB, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (menu->path, ==, "boot/grub2/grub.cfg");
  g_assert_cmpstr (entry_of (menu, 1)->source, ==, "boot/grub2/grub.cfg");
  g_assert_cmpint (menu->default_entry, ==, 1);
  g_assert_cmpstr (entry_of (menu, 1)->kernel, ==, "/vmlinuz-3.10.0-1160.el7.x86_64");
  g_assert_cmpstr (entry_of (menu, 1)->root_hint, ==, "hd0,msdos1");
  g_assert_cmpint (by_pygrub->default_entry, ==, 0);
  g_assert_cmpuint (by_pygrub->problems->len, ==, 0);
  g_assert_cmpstr (entry_of (by_pygrub, 0)->kernel, ==,
                   "/vmlinuz-3.10.0-1160.119.1.el7.x86_64");
}

static void
test_opensuse_names_its_root (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("opensuse-15", DOMUIMG_LOADER_FIRMWARE);
  g_autoptr (DomuimgMenu) by_pygrub = read_fixture ("opensuse-15", DOMUIMG_LOADER_PYGRUB);

  assert_entry (entry_of (menu, 0), "/boot/vmlinuz-5.14.21-150500.55.7-default",
                "/boot/initrd-5.14.21-150500.55.7-default",
                "root=UUID=c4d5e6f7-4444-4555-8666-c77788899900 splash=silent mitigations=auto"
                " quiet");
  g_assert_cmpstr (entry_of (menu, 0)->root_hint, ==,
                   "UUID=c4d5e6f7-4444-4555-8666-c77788899900");
  g_assert_cmpuint (by_pygrub->entries->len, ==, 0);
  /* It does not know `hiddenentry`, whose brace closes nothing then. */
  g_assert_nonnull (strstr (problem_of (by_pygrub), "line 25: pygrub gives up: a closing brace"));
}

static void
test_alpine_starts_its_menu_default (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("alpine-3", DOMUIMG_LOADER_FIRMWARE);
  g_autoptr (DomuimgMenu) by_pygrub = read_fixture ("alpine-3", DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpint (menu->default_entry, ==, 1);
  g_assert_cmpuint (menu->timeout, ==, 1);
  assert_entry (entry_of (menu, 0), "/boot/vmlinuz-lts",
                "/boot/intel-ucode.img /boot/initramfs-lts",
                "root=UUID=e8f9a0b1-5555-4666-8777-d88899900011"
                " modules=sd-mod,usb-storage,ext4 quiet rootfstype=ext4");
  /* LINUX it does not know. */
  g_assert_cmpuint (by_pygrub->entries->len, ==, 0);
  g_assert_nonnull (strstr (problem_of (by_pygrub), "no KERNEL"));
}

static void
test_centos_6_by_its_own_and_by_pygrub (void)
{
  static const DomuimgLoader loaders[] = { DOMUIMG_LOADER_FIRMWARE, DOMUIMG_LOADER_PYGRUB };

  for (guint i = 0; i < G_N_ELEMENTS (loaders); i++)
    {
      g_autoptr (DomuimgMenu) menu = read_fixture ("centos-6", loaders[i]);

      g_assert_cmpuint (menu->entries->len, ==, 3);
      g_assert_cmpint (menu->default_entry, ==, 1);
      g_assert_cmpuint (menu->timeout, ==, 5);
      assert_entry (entry_of (menu, 1), "/vmlinuz-2.6.32-754.el6.x86_64",
                    "/initramfs-2.6.32-754.el6.x86_64.img",
                    "ro root=/dev/mapper/VolGroup-lv_root rd_NO_LUKS LANG=en_US.UTF-8 rhgb quiet");
      if (loaders[i] == DOMUIMG_LOADER_PYGRUB)
        continue;
      g_assert_cmpstr (entry_of (menu, 1)->root_hint, ==, "(hd0,0)");
      g_assert_cmpstr (menu->fallback, ==, "0");
      /* A hypervisor with its modules. */
      g_assert_null (entry_of (menu, 2)->kernel);
    }
}

static void
test_debian_5_starts_what_grub_saved (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("debian-5", DOMUIMG_LOADER_FIRMWARE);
  g_autoptr (DomuimgMenu) by_pygrub = read_fixture ("debian-5", DOMUIMG_LOADER_PYGRUB);

  g_assert_cmpint (menu->default_entry, ==, 1);
  assert_entry (entry_of (menu, 1), "/boot/vmlinuz-2.6.26-2-xen-amd64",
                "/boot/initrd.img-2.6.26-2-xen-amd64", "root=/dev/xvda1 ro single");
  g_assert_cmpint (by_pygrub->default_entry, ==, 0);
  g_assert_cmpuint (by_pygrub->problems->len, ==, 0);
}

static void
test_systemd_boot_takes_the_default_of_loader_conf (void)
{
  g_autoptr (DomuimgMenu) menu = read_fixture ("arch", DOMUIMG_LOADER_FIRMWARE);

  g_assert_cmpint (menu->format, ==, DOMUIMG_MENU_BLS);
  g_assert_cmpuint (menu->timeout, ==, 3);
  g_assert_cmpint (menu->default_entry, ==, 1);
  assert_entry (entry_of (menu, 0), "/vmlinuz-linux", "/amd-ucode.img /initramfs-linux.img",
                "root=PARTUUID=11 rw quiet");
  assert_entry (entry_of (menu, 1), "/vmlinuz-linux-lts", "/initramfs-linux-lts.img",
                "root=PARTUUID=11 rw $literal");
}

/* It names the menu on another filesystem, and is none itself. */
static void
test_the_stub_on_the_system_partition_is_no_menu (void)
{
  g_autoptr (DomuimgTree) tree = open_fixture ("esp");
  g_autoptr (GError) error = NULL;

  g_assert_null (domuimg_menu_find (tree, NULL, DOMUIMG_LOADER_FIRMWARE, &error));
  g_assert_error (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestFunc function;
  } tests[] = {
    { "Debian starts its saved entry", test_debian_starts_its_saved_entry },
    { "GRUB for Xen knows no saved entry", test_grub_for_xen_knows_no_saved_entry },
    { "pygrub knows no saved entry and no submenu",
      test_pygrub_knows_no_saved_entry_and_no_submenu },
    { "Ubuntu boots without its initramfs first", test_ubuntu_boots_without_its_initramfs_first },
    { "Fedora sorts its entries as rpm does", test_fedora_sorts_its_entries_as_rpm_does },
    { "pygrub gives up on Fedora", test_pygrub_gives_up_on_fedora },
    { "GRUB for Xen does not find Fedora's menu", test_grub_for_xen_does_not_find_fedora },
    { "CentOS 7 has its saved entry by title", test_centos_7_has_its_saved_entry_by_title },
    { "openSUSE names its root", test_opensuse_names_its_root },
    { "Alpine starts its MENU DEFAULT", test_alpine_starts_its_menu_default },
    { "CentOS 6, by its own loader and by pygrub", test_centos_6_by_its_own_and_by_pygrub },
    { "Debian 5 starts what GRUB saved", test_debian_5_starts_what_grub_saved },
    { "systemd-boot takes the default of loader.conf",
      test_systemd_boot_takes_the_default_of_loader_conf },
    { "the stub on the system partition is no menu",
      test_the_stub_on_the_system_partition_is_no_menu },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/boot-fixtures/", tests[i].name, NULL);

      g_test_add_func (path, tests[i].function);
    }
  return g_test_run ();
}
