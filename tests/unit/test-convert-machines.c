/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "tests/unit/convert-fixtures.h"

#include <string.h>

/* Each fixture's result as a whole is tests/golden/guest/convert-NAME.dump, with what was said of
 * it above. After a change that is meant, run with DOMUIMG_UPDATE_GOLDEN=1 and read the
 * difference. */
static void
test_golden (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture (data, &changes);
  g_autofree char *dump = guest_dump (tree);
  g_autofree char *file = g_strconcat ("convert-", data, NULL);
  g_autofree char *golden = guest_test_file ("golden", file);
  g_autofree char *expected = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < changes->len; i++)
    g_string_append_printf (text, "# %s\n", (char *) g_ptr_array_index (changes, i));
  g_string_append (text, dump);
  if (g_getenv ("DOMUIMG_UPDATE_GOLDEN") != NULL)
    g_file_set_contents (golden, text->str, -1, &error);
  g_assert_no_error (error);
  g_file_get_contents (golden, &expected, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_second_run_changes_nothing (gconstpointer data)
{
  g_autoptr (DomuimgConversion) want = convert_want (data);
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture (data, &changes);
  g_autofree char *before = guest_dump (tree);
  g_autoptr (GPtrArray) second = convert_run (want, tree);
  g_autofree char *after = guest_dump (tree);

  g_assert_cmpstr (before, ==, after);
  for (guint i = 0; i < second->len; i++)
    if (!g_str_has_prefix (g_ptr_array_index (second, i), "warning: "))
      g_error ("the second run: %s", (char *) g_ptr_array_index (second, i));
}

static void
test_without_backup_nothing_is_kept (gconstpointer data)
{
  g_autoptr (DomuimgConversion) want = convert_want (data);
  g_autoptr (DomuimgTree) tree = convert_load (data);
  g_autoptr (GPtrArray) changes = NULL;

  want->no_backup = TRUE;
  changes = convert_run (want, tree);
  guest_assert_absent (tree, "/var/lib/domuimg");
}

static void
test_who_the_machine_is_stays (void)
{
  static const char *const same[] = { "/etc/hostname", "/etc/machine-id", "/etc/shadow",
                                      "/etc/ssh/ssh_host_ed25519_key" };
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-12", &changes);
  g_autoptr (DomuimgTree) old = convert_load ("debian-12");

  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    {
      g_autofree char *before = guest_text (old, same[i]);

      guest_assert_text (tree, same[i], before);
    }
}

static void
test_fstab (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-12", &changes);

  guest_assert_contains (tree, "/etc/fstab", "\n# / was on /dev/sda1 during installation\n"
                                             "UUID=" CONVERT_ROOT_UUID
                                             "       /               ext4    errors=remount-ro"
                                             " 0       1\n");
  guest_assert_contains (tree, "/etc/fstab", "\nUUID=" CONVERT_SWAP_UUID "\tnone\tswap\tsw\t0\t0\n");
  guest_assert_contains (tree, "/etc/fstab",
                         "\nUUID=99999999-9999-4999-8999-999999999999 /srv ext4 defaults 0 2\n");
  guest_assert_contains (tree, "/etc/fstab", "\n/dev/sdb1 /data ext4 nofail 0 2\n");
  guest_assert_contains (tree, "/etc/fstab", "\n/dev/sr0        /media/cdrom0   udf,iso9660"
                                             " user,noauto     0       0\n");
  guest_assert_contains (tree, "/etc/fstab", "\n# .host:/shared /mnt/hgfs ");
  guest_assert_contains (tree, "/etc/fstab", "\nproc /proc proc defaults 0 0\n");
  guest_assert_contains (tree, "/etc/crypttab",
                         "\nvault UUID=" CONVERT_CRYPT_UUID " none luks,discard\n");
  g_assert_true (convert_says (changes, "warning: /etc/fstab: /dev/sdb1, for /data,"));
  guest_assert_contains (tree, "/var/lib/domuimg/replaced/etc/fstab", "\n/dev/sda1  ");
}

static void
test_fstab_of_two_disks (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-11", &changes);

  guest_assert_contains (tree, "/etc/fstab", "UUID=" CONVERT_ROOT_UUID " / ext4 defaults 0 1\n"
                                             "UUID=" CONVERT_ESP_UUID " /boot/efi vfat ");
  /* This one has no UUID. */
  guest_assert_contains (tree, "/etc/fstab", "\nLABEL=pages none swap sw 0 0\n");
  guest_assert_contains (tree, "/etc/fstab", "\n# share /mnt/share 9p ");
}

/* A bus path does not tell the disk; which mount point it is does. */
static void
test_paths_of_two_disks (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("ubuntu-22.04", &changes);

  guest_assert_contains (tree, "/etc/fstab", "\nUUID=" CONVERT_ROOT_UUID " / ext4 defaults 0 1\n");
  guest_assert_contains (tree, "/etc/fstab", "\nUUID=" CONVERT_ESP_UUID "\t/boot/efi\tvfat\t");
  guest_assert_contains (tree, "/boot/grub/grub.cfg", " root=UUID=" CONVERT_ROOT_UUID " ro quiet ");
}

static void
test_logical_volumes_stay (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("centos-7", &changes);
  g_autoptr (DomuimgTree) old = convert_load ("centos-7");
  g_autofree char *before = guest_text (old, "/etc/fstab");
  g_auto (GStrv) halves = g_strsplit (before, "/dev/cdrom", 2);

  guest_assert_contains (tree, "/etc/fstab", halves[0]);
  guest_assert_contains (tree, "/etc/fstab", "\n/dev/cdrom /mnt/cd iso9660 ro,nofail 0 0\n");
  guest_assert_contains (tree, "/boot/grub2/grub.cfg", " root=/dev/mapper/centos-root ro ");
  guest_assert_contains (tree, "/boot/grub2/grub.cfg", " LANG=de_DE.UTF-8 console=hvc0\n");
}

static void
test_grub (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-12", &changes);

  guest_assert_contains (tree, "/boot/grub/grub.cfg",
                         " root=UUID=" CONVERT_ROOT_UUID " ro net.ifnames=1 resume=UUID="
                         CONVERT_SWAP_UUID " quiet console=hvc0\n");
  guest_assert_contains (tree, "/boot/grub/grub.cfg",
                         " resume=UUID=" CONVERT_SWAP_UUID " single console=hvc0\n");
  guest_assert_lacks (tree, "/boot/grub/grub.cfg", "/dev/sda");
  guest_assert_contains (tree, "/etc/default/grub", "\nGRUB_CMDLINE_LINUX=\"console=hvc0\"\n");
  guest_assert_contains (tree, "/etc/default/grub", "\"quiet resume=UUID=" CONVERT_SWAP_UUID "\"\n");
  guest_assert_text (tree, "/etc/initramfs-tools/conf.d/resume",
                     "RESUME=UUID=" CONVERT_SWAP_UUID "\n");
  guest_assert_absent (tree, "/boot/grub/device.map");
  guest_assert_contains (tree, "/var/lib/domuimg/replaced/boot/grub/device.map", "(hd0)");
}

static void
test_serial_console_of_hvm (void)
{
  g_autoptr (DomuimgConversion) want = convert_want ("debian-12");
  g_autoptr (DomuimgTree) tree = convert_load ("debian-12");
  g_autoptr (GPtrArray) changes = NULL;

  want->type = DOMUIMG_GUEST_TYPE_HVM;
  changes = convert_run (want, tree);
  guest_assert_contains (tree, "/boot/grub/grub.cfg", " console=ttyS0\n");
  guest_assert_link (tree, "/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service",
                     "/lib/systemd/system/serial-getty@.service");
}

static void
test_bls (void)
{
  static const char *const entries[] = { "0123-5.14.0-427.el9.x86_64", "0123-5.14.0-362.el9.x86_64" };
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("rocky-9", &changes);

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      g_autofree char *path = g_strdup_printf ("/boot/loader/entries/%s.conf", entries[i]);

      guest_assert_contains (tree, path,
                             "\noptions root=UUID=" CONVERT_ROOT_UUID " ro resume=UUID="
                             CONVERT_SWAP_UUID " rhgb quiet $tuned_params console=hvc0\n");
    }
  guest_assert_text (tree, "/etc/kernel/cmdline",
                     "root=UUID=" CONVERT_ROOT_UUID " ro resume=UUID=" CONVERT_SWAP_UUID
                     " rhgb quiet console=hvc0\n");
}

static void
test_extlinux (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("alpine", &changes);

  guest_assert_contains (tree, "/boot/extlinux.conf",
                         "\n  APPEND root=UUID=" CONVERT_ROOT_UUID " modules=sd-mod,usb-storage,ext4"
                         " quiet rootfstype=ext4 console=hvc0\n");
  guest_assert_contains (tree, "/etc/update-extlinux.conf", "\nroot=UUID=" CONVERT_ROOT_UUID "\n");
  guest_assert_contains (tree, "/etc/update-extlinux.conf",
                         "\ndefault_kernel_opts=\"quiet rootfstype=ext4 console=hvc0\"\n");
  guest_assert_contains (tree, "/etc/inittab", "\n#ttyS0::respawn");
  guest_assert_contains (tree, "/etc/inittab", "\nhvc0::respawn:/sbin/getty ");
}

static void
test_menu_of_grub_legacy (void)
{
  g_autoptr (GPtrArray) changes = NULL;
  g_autoptr (DomuimgTree) tree = convert_fixture ("debian-6", &changes);

  guest_assert_lacks (tree, "/boot/grub/menu.lst", "/dev/hda");
  guest_assert_contains (tree, "/boot/grub/menu.lst", "\n# kopt=root=UUID=" CONVERT_ROOT_UUID " ro ");
  guest_assert_contains (tree, "/boot/grub/menu.lst",
                         " root=UUID=" CONVERT_ROOT_UUID " ro single console=hvc0\n");
  guest_assert_text (tree, "/etc/initramfs-tools/conf.d/resume", "RESUME=none\n");
}

/* Waiting for what to resume from takes minutes. */
static void
test_resume_from_nothing_is_dropped (void)
{
  g_autoptr (DomuimgConversion) want = convert_want ("rocky-9");
  g_autoptr (DomuimgTree) tree = convert_load ("rocky-9");
  g_autoptr (GPtrArray) changes = NULL;

  g_ptr_array_remove_index (want->volumes, 2);
  changes = convert_run (want, tree);
  guest_assert_contains (tree, "/boot/loader/entries/0123-5.14.0-427.el9.x86_64.conf",
                         "\noptions root=UUID=" CONVERT_ROOT_UUID " ro rhgb quiet ");
  guest_assert_lacks (tree, "/boot/loader/entries/0123-5.14.0-362.el9.x86_64.conf", "resume=");
  guest_assert_lacks (tree, "/etc/kernel/cmdline", "resume=");
  guest_assert_lacks (tree, "/etc/default/grub", "resume=");
  g_assert_true (convert_says (changes, "resume=/dev/nvme0n1p2"));
}

#define ADD(name, function) g_test_add_func ("/convert-machines/" name, function)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; convert_names[i] != NULL; i++)
    {
      const char *name = convert_names[i];
      g_autofree char *golden = g_strconcat ("/convert-machines/golden/", name, NULL);
      g_autofree char *second = g_strconcat ("/convert-machines/second-run-changes-nothing/", name, NULL);
      g_autofree char *bare = g_strconcat ("/convert-machines/without-backup-nothing-is-kept/", name, NULL);

      g_test_add_data_func (golden, name, test_golden);
      g_test_add_data_func (second, name, test_second_run_changes_nothing);
      g_test_add_data_func (bare, name, test_without_backup_nothing_is_kept);
    }
  ADD ("who-the-machine-is-stays", test_who_the_machine_is_stays);
  ADD ("fstab", test_fstab);
  ADD ("fstab-of-two-disks", test_fstab_of_two_disks);
  ADD ("paths-of-two-disks", test_paths_of_two_disks);
  ADD ("logical-volumes-stay", test_logical_volumes_stay);
  ADD ("grub", test_grub);
  ADD ("serial-console-of-hvm", test_serial_console_of_hvm);
  ADD ("bls", test_bls);
  ADD ("extlinux", test_extlinux);
  ADD ("menu-of-grub-legacy", test_menu_of_grub_legacy);
  ADD ("resume-from-nothing-is-dropped", test_resume_from_nothing_is_dropped);
  return g_test_run ();
}
