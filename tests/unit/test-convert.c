/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "lib/convert/edit.h"
#include "tests/unit/guest-fixtures.h"
#include "tests/unit/tree-fixtures.h"

#define OLD_MAC "00:0c:29:aa:bb:cc"
#define NEW_MAC "00:16:3e:01:02:03"

/* Two disks: root and swap on the first, data on the second, and a volume group. */
static const DomuimgVolume volumes[] = {
  { .number = 1, .fs = "ext4", .uuid = "1111", .label = "root" },
  { .number = 5, .fs = "swap", .uuid = "5555" },
  { .number = 1, .fs = "ext4", .uuid = "2222" },
  { .lv = "vg/ro-ot", .fs = "xfs", .uuid = "3333" },
};

static DomuimgTree *
make_guest (void)
{
  DomuimgTree *tree = tree_kinds[0].make (NULL, NULL);
  static const char *const directories[] = { "etc", "bin", "boot/grub", "lib/modules" };

  for (guint i = 0; i < G_N_ELEMENTS (directories); i++)
    g_assert_true (domuimg_tree_mkdir_p (tree, directories[i], 0755, NULL));
  return tree;
}

static void
put (DomuimgTree *tree, const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);

  g_assert_true (domuimg_tree_mkdir_p (tree, directory, 0755, NULL));
  g_assert_true (domuimg_tree_write_text (tree, path, text, 0644, NULL));
}

static DomuimgConversion *
make_conversion (guint n_volumes)
{
  static const char *const names[] = { "xvda1", "xvda5", "xvdb1", "vg/ro-ot" };
  DomuimgConversion *self = domuimg_conversion_new ();

  for (guint i = 0; i < n_volumes; i++)
    domuimg_conversion_add_volume (self, names[i], i == 2, &volumes[i]);
  self->root = g_ptr_array_index (self->volumes, 0);
  self->type = DOMUIMG_GUEST_TYPE_PVH;
  return self;
}

static GPtrArray *
convert (const DomuimgConversion *self, DomuimgTree *tree)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  domuimg_conversion_run (self, tree, NULL, tree, changes, NULL, &error);
  g_assert_no_error (error);
  return changes;
}

static void
assert_fstab (guint n_volumes, const char *before, const char *after)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (n_volumes);
  g_autoptr (GPtrArray) changes = NULL;

  put (tree, "etc/fstab", before);
  changes = convert (self, tree);
  guest_assert_text (tree, "etc/fstab", after);
}

static void
test_fstab (void)
{
  assert_fstab (4, "# /etc/fstab\n/dev/sda1  /  ext4\terrors=remount-ro 0 1\n",
                "# /etc/fstab\nUUID=1111  /  ext4\terrors=remount-ro 0 1\n");
  assert_fstab (4, "/dev/hda5 none swap sw 0 0\n", "UUID=5555 none swap sw 0 0\n");
  assert_fstab (4, "/dev/vdb1 /srv ext4 defaults 0 2", "UUID=2222 /srv ext4 defaults 0 2");
  assert_fstab (4, "/dev/nvme0n1p1 / ext4 defaults 0 1\n", "UUID=1111 / ext4 defaults 0 1\n");
  /* Which disk, a path of the old buses does not tell, but where there is one only. */
  assert_fstab (2, "/dev/disk/by-path/pci-0000:00:10.0-scsi-0:0:0:0-part1 / ext4 defaults 0 1\n",
                "UUID=1111 / ext4 defaults 0 1\n");
  assert_fstab (2, "/dev/disk/by-id/ata-VBOX_HARDDISK_VB1-part5 none swap sw 0 0\n",
                "UUID=5555 none swap sw 0 0\n");
}

static void
test_fstab_that_stays (void)
{
  static const char *const lines[] = {
    "UUID=1111 / ext4 defaults 0 1\n",
    "LABEL=root / ext4 defaults 0 1\n",
    "/dev/mapper/vg-ro--ot / xfs defaults 0 0\n",
    "/dev/disk/by-uuid/1111 / ext4 defaults 0 1\n",
    "/dev/disk/by-id/dm-name-vg-root / xfs defaults 0 0\n",
    "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0\n",
    "tmpfs /tmp tmpfs defaults 0 0\n",
    "nas:/home /home nfs defaults 0 0\n",
    "#/dev/sda1 / ext4 defaults 0 1\n",
    "nonsense\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    assert_fstab (4, lines[i], lines[i]);
}

static void
test_fstab_of_what_is_gone (void)
{
  assert_fstab (4, "/dev/sdc1 /data ext4 defaults 0 2\n", "/dev/sdc1 /data ext4 nofail 0 2\n");
  assert_fstab (4, "/dev/sdc1 /data ext4 rw,noatime 0 2\n",
                "/dev/sdc1 /data ext4 rw,noatime,nofail 0 2\n");
  assert_fstab (4, "/dev/cdrom /mnt iso9660 ro 0 0\n", "/dev/cdrom /mnt iso9660 ro,nofail 0 0\n");
  assert_fstab (4, ".host:/ /mnt/hgfs vmhgfs defaults 0 0\n",
                "# .host:/ /mnt/hgfs vmhgfs defaults 0 0\n");
}

static void
test_crypttab (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) changes = NULL;

  put (tree, "etc/crypttab", "# name device\nhome  /dev/sdb1 none luks\nother UUID=9 none\n");
  changes = convert (self, tree);
  guest_assert_text (tree, "etc/crypttab",
                     "# name device\nhome  UUID=2222 none luks\nother UUID=9 none\n");
}

static void
test_boot_menu (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) changes = NULL;

  put (tree, "boot/grub/grub.cfg",
       "menuentry a {\n linux /boot/vmlinuz root=/dev/sda1 ro quiet resume=/dev/sda5\n}\n"
       "menuentry b {\n linux /boot/vmlinuz root=/dev/sda1 ro single resume=/dev/sda5\n}\n");
  put (tree, "boot/grub/device.map", "(hd0) /dev/sda\n");
  put (tree, "etc/default/grub", "GRUB_CMDLINE_LINUX=\"resume=/dev/sda5\"\n");
  put (tree, "etc/initramfs-tools/conf.d/resume", "RESUME=/dev/sda5\n");
  changes = convert (self, tree);
  guest_assert_text (tree, "boot/grub/grub.cfg",
                     "menuentry a {\n linux /boot/vmlinuz root=UUID=1111 ro quiet resume=UUID=5555"
                     " console=hvc0\n}\n"
                     "menuentry b {\n linux /boot/vmlinuz root=UUID=1111 ro single"
                     " resume=UUID=5555 console=hvc0\n}\n");
  guest_assert_text (tree, "etc/default/grub",
                     "GRUB_CMDLINE_LINUX=\"resume=UUID=5555 console=hvc0\"\n");
  guest_assert_text (tree, "etc/initramfs-tools/conf.d/resume", "RESUME=UUID=5555\n");
  guest_assert_absent (tree, "boot/grub/device.map");
  guest_assert_text (tree, "var/lib/domuimg/replaced/boot/grub/device.map", "(hd0) /dev/sda\n");
}

static void
test_network (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) changes = NULL;

  domuimg_conversion_add_nic (self, OLD_MAC, NEW_MAC);
  domuimg_conversion_add_nic (self, NULL, "00:16:3e:01:02:04");
  put (tree, "etc/network/interfaces",
       "auto lo ens192 ens33\niface lo inet loopback\niface ens192 inet dhcp\n"
       "iface ens33 inet static\n  address 192.0.2.1/24\niface ens33.7 inet manual\n");
  put (tree, "etc/sysconfig/network-scripts/ifcfg-ens33",
       "DEVICE=ens33\nHWADDR=00:0C:29:AA:BB:CC\nONBOOT=yes\n");
  put (tree, "etc/udev/rules.d/70-persistent-net.rules", "NAME=\"eth0\"\n");
  changes = convert (self, tree);
  guest_assert_contains (tree, "etc/network/interfaces", "iface ens192 inet dhcp\n");
  guest_assert_text (tree, "etc/sysconfig/network-scripts/ifcfg-ens33",
                     "DEVICE=ens33\nHWADDR=" NEW_MAC "\nONBOOT=yes\n");
  guest_assert_contains (tree, "etc/udev/rules.d/70-domuimg-net.rules",
                         "ATTR{address}==\"" NEW_MAC "\", NAME=\"ens33\"\n");
  guest_assert_contains (tree, "etc/udev/rules.d/70-domuimg-net.rules",
                         "ATTR{address}==\"00:16:3e:01:02:04\", NAME=\"ens192\"\n");
  guest_assert_lacks (tree, "etc/udev/rules.d/70-domuimg-net.rules", "ens33.7");
  guest_assert_absent (tree, "etc/udev/rules.d/70-persistent-net.rules");
}

/* The old address is known from a description, or is the only one there. */
static void
test_only_address (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) changes = NULL;

  domuimg_conversion_add_nic (self, NULL, NEW_MAC);
  put (tree, "etc/netplan/01-netcfg.yaml",
       "network:\n  version: 2\n  ethernets:\n    ens160:\n      match:\n        macaddress: "
       "\"" OLD_MAC "\"\n      dhcp4: true\n");
  changes = convert (self, tree);
  guest_assert_contains (tree, "etc/netplan/01-netcfg.yaml", "macaddress: \"" NEW_MAC "\"\n");
  guest_assert_contains (tree, "etc/udev/rules.d/70-domuimg-net.rules", "NAME=\"ens160\"\n");
}

static void
test_guest_tools (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) changes = NULL;
  static const char wanted[] = "etc/systemd/system/multi-user.target.wants";

  g_assert_true (domuimg_tree_mkdir_p (tree, wanted, 0755, NULL));
  g_assert_true (domuimg_tree_mkdir_p (tree, "etc/rc2.d", 0755, NULL));
  g_assert_true (domuimg_tree_symlink (tree, "/lib/systemd/system/open-vm-tools.service",
                                       "etc/systemd/system/multi-user.target.wants/"
                                       "open-vm-tools.service",
                                       NULL));
  g_assert_true (domuimg_tree_symlink (tree, "/lib/systemd/system/ssh.service",
                                       "etc/systemd/system/multi-user.target.wants/ssh.service",
                                       NULL));
  g_assert_true (
      domuimg_tree_symlink (tree, "../init.d/open-vm-tools", "etc/rc2.d/S20open-vm-tools", NULL));
  g_assert_true (domuimg_tree_symlink (tree, "/lib/systemd/system/open-vm-tools.service",
                                       "etc/systemd/system/vmtoolsd.service", NULL));
  g_assert_true (
      domuimg_tree_symlink (tree, "/dev/null", "etc/systemd/system/vgauth.service", NULL));
  put (tree, "etc/X11/xorg.conf", "Section \"Device\"\n  Driver \"vmware\"\nEndSection\n");
  self->keep_tools = TRUE;
  changes = convert (self, tree);
  guest_assert_link (tree, "etc/rc2.d/S20open-vm-tools", "../init.d/open-vm-tools");
  guest_assert_absent (tree, "etc/X11/xorg.conf");
  self->keep_tools = FALSE;
  g_ptr_array_unref (changes);
  changes = convert (self, tree);
  guest_assert_absent (tree, "etc/systemd/system/multi-user.target.wants/open-vm-tools.service");
  guest_assert_link (tree, "etc/systemd/system/multi-user.target.wants/ssh.service",
                     "/lib/systemd/system/ssh.service");
  guest_assert_absent (tree, "etc/systemd/system/vmtoolsd.service");
  guest_assert_link (tree, "etc/systemd/system/vgauth.service", "/dev/null");
  guest_assert_absent (tree, "etc/rc2.d/S20open-vm-tools");
  guest_assert_link (tree, "etc/rc2.d/K80open-vm-tools", "../init.d/open-vm-tools");
}

static void
test_a_second_run_changes_nothing (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  domuimg_conversion_add_nic (self, OLD_MAC, NEW_MAC);
  put (tree, "etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n/dev/sdd1 /gone ext4 defaults 0 2\n");
  put (tree, "etc/network/interfaces", "iface ens33 inet dhcp\n");
  put (tree, "boot/grub/grub.cfg", "menuentry a {\n linux /vmlinuz root=/dev/sda1\n}\n");
  first = convert (self, tree);
  before = guest_dump (tree);
  second = convert (self, tree);
  after = guest_dump (tree);
  g_assert_cmpstr (before, ==, after);
  for (guint i = 0; i < second->len; i++)
    g_assert_true (g_str_has_prefix (g_ptr_array_index (second, i), "warning: "));
}

static void
test_no_originals (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);
  g_autoptr (GPtrArray) changes = NULL;

  self->no_backup = TRUE;
  put (tree, "etc/fstab", "/dev/sda1 / ext4 defaults 0 1\n");
  changes = convert (self, tree);
  guest_assert_text (tree, "etc/fstab", "UUID=1111 / ext4 defaults 0 1\n");
  guest_assert_absent (tree, "var/lib/domuimg/replaced");
}

static void
test_mounted (void)
{
  g_autoptr (DomuimgTree) tree = make_guest ();
  g_autoptr (DomuimgConversion) self = make_conversion (4);

  put (tree, "etc/fstab",
       "/dev/mapper/vg-ro--ot / xfs defaults 0 0\nUUID=2222\t /boot ext4 defaults 0 2\n"
       "/dev/sdz9 /gone ext4 defaults 0 0\n");
  g_assert_cmpstr (domuimg_conversion_find_mounted (self, tree, "/boot")->name, ==, "xvdb1");
  g_assert_cmpstr (domuimg_conversion_find_mounted (self, tree, "/")->name, ==, "vg/ro-ot");
  g_assert_null (domuimg_conversion_find_mounted (self, tree, "/gone"));
  g_assert_null (domuimg_conversion_find_mounted (self, tree, "/usr"));
}

static void
test_systems (void)
{
  g_autoptr (DomuimgTree) windows = tree_kinds[0].make (NULL, NULL);
  g_autoptr (DomuimgTree) linux_guest = make_guest ();
  g_autoptr (DomuimgTree) data = tree_kinds[0].make (NULL, NULL);
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  g_assert_true (domuimg_tree_mkdir_p (windows, "WINDOWS/System32", 0755, NULL));
  put (windows, "hiberfil.sys", "wake");
  put (linux_guest, "etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n");
  put (data, "home/etc", "");
  g_assert_cmpint (domuimg_system_of_tree (windows, &first), ==, DOMUIMG_SYSTEM_WINDOWS);
  g_assert_cmpint (domuimg_system_of_tree (linux_guest, &second), ==, DOMUIMG_SYSTEM_LINUX);
  g_assert_cmpstr (second, ==, "Debian GNU/Linux 12");
  g_assert_cmpint (domuimg_system_of_tree (data, &third), ==, DOMUIMG_SYSTEM_UNKNOWN);
  g_assert_false (domuimg_system_is_hibernated (windows));
  put (windows, "hiberfil.sys", "hibr....");
  g_assert_true (domuimg_system_is_hibernated (windows));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/convert/fstab", test_fstab);
  g_test_add_func ("/convert/fstab that stays", test_fstab_that_stays);
  g_test_add_func ("/convert/fstab of what is gone", test_fstab_of_what_is_gone);
  g_test_add_func ("/convert/crypttab", test_crypttab);
  g_test_add_func ("/convert/boot menu", test_boot_menu);
  g_test_add_func ("/convert/network", test_network);
  g_test_add_func ("/convert/the only address", test_only_address);
  g_test_add_func ("/convert/guest tools", test_guest_tools);
  g_test_add_func ("/convert/a second run changes nothing", test_a_second_run_changes_nothing);
  g_test_add_func ("/convert/no originals", test_no_originals);
  g_test_add_func ("/convert/what is mounted where", test_mounted);
  g_test_add_func ("/convert/systems", test_systems);
  return g_test_run ();
}
