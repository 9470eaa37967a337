/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/convert-fixtures.h"

#include <string.h>

#define PATH "/dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:"
#define ID "/dev/disk/by-id/"

/* The machine has a root (2) and a vfat (1) on its first disk, and one ext4 (1) on the second. */
static void
assert_fstab (const char *before, const char *after)
{
  g_autoptr (DomuimgConversion) want = convert_want ("ubuntu-22.04");
  g_autoptr (DomuimgTree) tree = convert_load ("ubuntu-22.04");
  g_autoptr (GPtrArray) changes = NULL;

  g_assert_true (domuimg_tree_write_text (tree, "/etc/fstab", before, 0644, NULL));
  g_assert_true (domuimg_tree_remove_all (tree, "/boot/grub", NULL));
  changes = convert_run (want, tree);
  guest_assert_text (tree, "/etc/fstab", after);
}

static void
test_links_are_of_the_disk_of_the_root (void)
{
  assert_fstab (PATH "1:0-part1 /data auto defaults 0 2\n" PATH "0:0-part1 /boot/efi auto rw 0 2\n"
                PATH "0:0-part2 / ext4 defaults 0 1\n",
                "UUID=" CONVERT_BOOT_UUID " /data auto defaults 0 2\n"
                "UUID=" CONVERT_ESP_UUID " /boot/efi auto rw 0 2\n"
                "UUID=" CONVERT_ROOT_UUID " / ext4 defaults 0 1\n");
  assert_fstab (ID "ata-disk_1-part2 / ext4 defaults 0 1\n" ID "ata-disk_2-part1 /data auto rw 0 2\n",
                "UUID=" CONVERT_ROOT_UUID " / ext4 defaults 0 1\n"
                "UUID=" CONVERT_BOOT_UUID " /data auto rw 0 2\n");
}

static void
test_links_are_told_apart_by_their_filesystems (void)
{
  assert_fstab (PATH "1:0-part1 /data ext3 defaults 0 2\n" PATH "0:0-part1 /efi vfat rw 0 2\n",
                "UUID=" CONVERT_BOOT_UUID " /data ext3 defaults 0 2\n"
                "UUID=" CONVERT_ESP_UUID " /efi vfat rw 0 2\n");
  /* These two are of different kinds, and one may be the other. */
  assert_fstab (PATH "0:0-part2 / ext4 defaults 0 1\n" ID "wwn-0x5000-part1 /efi vfat rw 0 2\n",
                "UUID=" CONVERT_ROOT_UUID " / ext4 defaults 0 1\n"
                "UUID=" CONVERT_ESP_UUID " /efi vfat rw 0 2\n");
}

static void
test_links_that_may_be_two_things (void)
{
  assert_fstab (PATH "1:0-part1 /data auto defaults 0 2\n",
                PATH "1:0-part1 /data auto nofail 0 2\n");
}

/* A disk that is not here may have had the letter, or the number. */
static void
test_another_filesystem_is_another_device (void)
{
  assert_fstab ("/dev/sda1 /data xfs rw 0 2\n/dev/sdb2 none swap sw 0 0\n",
                "/dev/sda1 /data xfs rw,nofail 0 2\n/dev/sdb2 none swap sw,nofail 0 0\n");
}

/* The root is the filesystem with the guest in it, whatever letter its disk had. */
static void
test_root_of_another_letter (void)
{
  assert_fstab ("/dev/sdc7 / ext4 defaults 0 1\n",
                "UUID=" CONVERT_ROOT_UUID " / ext4 defaults 0 1\n");
}

static void
test_usb_disks (void)
{
  assert_fstab ("/dev/disk/by-path/pci-0000:00:1d.0-usb-0:1:1.0-scsi-0:0:0:0-part1 /b ext4 rw 0 0\n"
                ID "usb-Maker_Stick-0:0-part1 /c ext4 noauto 0 0\n",
                "/dev/disk/by-path/pci-0000:00:1d.0-usb-0:1:1.0-scsi-0:0:0:0-part1 /b ext4"
                " rw,nofail 0 0\n"
                ID "usb-Maker_Stick-0:0-part1 /c ext4 noauto 0 0\n");
}

static void
test_mounted (void)
{
  g_autoptr (DomuimgConversion) want = convert_want ("ubuntu-22.04");
  g_autoptr (DomuimgTree) tree = convert_load ("ubuntu-22.04");

  g_assert_true (domuimg_tree_write_text (tree, "/etc/fstab",
                                          PATH "0:0-part2\t/ ext4 defaults 0 1\n  " PATH
                                               "1:0-part1 /boot ext4 rw 0 2\n# x /usr\n",
                                          0644, NULL));
  g_assert_cmpstr (domuimg_conversion_find_mounted (want, tree, "/boot")->name, ==, "xvdb1");
  g_assert_true (domuimg_conversion_find_mounted (want, tree, "/") == want->root);
  g_assert_null (domuimg_conversion_find_mounted (want, tree, "/usr"));
}

/* Before the root is known, as when it is being looked for. */
static void
test_mounted_without_a_root (void)
{
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (DomuimgTree) tree = convert_load ("debian-12");

  want->root = NULL;
  g_assert_cmpstr (domuimg_conversion_find_mounted (want, tree, "/")->name, ==, "xvda1");
}

static void
test_labels (void)
{
  static const DomuimgVolume odd = { .number = 7, .fs = "swap", .label = "two words" };
  static const DomuimgVolume twin = { .number = 8, .fs = "xfs", .label = "data" };
  static const DomuimgVolume other = { .number = 9, .fs = "xfs", .label = "data", .partuuid = "9-9" };
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (DomuimgTree) tree = convert_load ("debian-12");
  g_autoptr (GPtrArray) changes = NULL;

  domuimg_conversion_add_volume (want, "xvda7", 0, &odd);
  domuimg_conversion_add_volume (want, "xvda8", 0, &twin);
  domuimg_conversion_add_volume (want, "xvda9", 0, &other);
  g_assert_true (domuimg_tree_write_text (tree, "/etc/fstab",
                                          "/dev/sda7 none swap sw 0 0\n/dev/sda8 /a xfs rw 0 0\n"
                                          "/dev/sda9 /b xfs rw 0 0\n",
                                          0644, NULL));
  changes = convert_run (want, tree);
  guest_assert_text (tree, "/etc/fstab", "/dev/xvda7 none swap sw 0 0\n/dev/xvda8 /a xfs rw 0 0\n"
                                         "PARTUUID=9-9 /b xfs rw 0 0\n");
}

#define ADD(name, function) g_test_add_func ("/convert-devices/" name, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("links-are-of-the-disk-of-the-root", test_links_are_of_the_disk_of_the_root);
  ADD ("links-are-told-apart-by-their-filesystems",
       test_links_are_told_apart_by_their_filesystems);
  ADD ("links-that-may-be-two-things", test_links_that_may_be_two_things);
  ADD ("another-filesystem-is-another-device", test_another_filesystem_is_another_device);
  ADD ("root-of-another-letter", test_root_of_another_letter);
  ADD ("usb-disks", test_usb_disks);
  ADD ("mounted", test_mounted);
  ADD ("mounted-without-a-root", test_mounted_without_a_root);
  ADD ("labels", test_labels);
  return g_test_run ();
}
