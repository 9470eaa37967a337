/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What root= may say, and what an initramfs makes of it. */
#include "config.h"
#include "tests/unit/check-fixtures.h"

#include "tests/unit/kernel-fixtures.h"

#define TOOLS "scripts/functions"
#define DRACUT "usr/lib/dracut/hooks/pre-pivot"
#define SYSTEMD_INITRD "usr/lib/systemd/systemd"

typedef struct {
  const char *cmdline;
  const char *file;    /* (nullable) of an initramfs, beside its /init; without, there is none */
  const char *another; /* (nullable) */
  const char *found;
} RootCase;

static const RootCase root_cases[] = {
  { "root=/dev/xvda1", TOOLS, NULL, "" },
  { "root=/dev/xvdz1", TOOLS, NULL, "root-device error" },
  { "root=UUID=gone", DRACUT, NULL, "root-device error" },
  { "root=gpt-auto", SYSTEMD_INITRD, NULL, "root-unknown unknown" },
  { "root=tmpfs", SYSTEMD_INITRD, NULL, "root-unknown unknown" },
  { "root=dhcp", DRACUT, NULL, "root-unknown unknown" },
  { "root=block:/dev/xvda1", DRACUT, NULL, "root-unknown unknown" },
  { "root=virtiofs:share", DRACUT, NULL, "root-unknown unknown" },
  { "root=share rootfstype=virtiofs", NULL, NULL, "root-unknown unknown" },
  { "root=9p:share", DRACUT, NULL, "root-unknown unknown" },
  { "root=cifs://nas/share", DRACUT, NULL, "root-unknown unknown" },
  { "boot=live", TOOLS, "scripts/live", "root-unknown unknown" },
  { "boot=casper root=/dev/ram0", TOOLS, "scripts/casper", "root-unknown unknown" },
  { "boot=live", TOOLS, NULL, "root-missing error" },
  { "boot=local root=/dev/xvdz1", TOOLS, "scripts/local", "root-device error" },
  { "root=/dev/ram0", "bin/busybox", NULL, "root-unknown unknown" },
  { "root=/dev/ram0", TOOLS, NULL, "root-unknown unknown" },
  { "root=/dev/ram0", NULL, NULL, "root-device error" },
  { "ro", "sysroot", "etc/initrd-release", "root-missing error" },
  { "ro", SYSTEMD_INITRD, "etc/initrd-release", "root-unknown unknown" },
  { "ro", TOOLS, NULL, "root-missing error" },
  { "ro", NULL, NULL, "root-missing error" },
};

static void
set_initramfs (Guest *guest, const char *file, const char *another)
{
  g_autoptr (GBytes) archive = another != NULL ? cpio_new ("init", "x", file, "x", another, "x", NULL)
                                               : cpio_new ("init", "x", file, "x", NULL);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (guest->machine->boot.initrd_paths, g_strdup ("/initrd"));
  guest->machine->ahead = domuimg_initramfs_new_for_bytes (archive, "initrd", &error);
  g_assert_no_error (error);
}

static void
test_root (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (root_cases); i++)
    {
      const RootCase *test = &root_cases[i];
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest.machine->type = i % 2 == 0 ? DOMUIMG_GUEST_TYPE_PVH : DOMUIMG_GUEST_TYPE_HVM;
      guest_set_cmdline (&guest, test->cmdline);
      if (test->file != NULL)
        set_initramfs (&guest, test->file, test->another);
      guest.machine->root = NULL;
      found = guest_find (&guest, domuimg_check_root);
      if (!g_str_equal (found, test->found))
        {
          g_test_message ("%s: found \"%s\", and not \"%s\"", test->cmdline, found, test->found);
          g_test_fail ();
        }
    }
}

/* A second disk that is encrypted is the root's only where that may be. */
static void
test_encrypted_disk_beside_the_root (void)
{
  static const struct {
    const char *cmdline, *found;
  } cases[] = {
    { "root=/dev/xvda1", "" },
    { "root=nfs:server:/root", "root-unknown unknown" },
    { "root=ZFS=tank/root", "root-unknown unknown" },
    { "root=UUID=gone", "root-unknown unknown, initramfs-driver unknown, initramfs-program unknown" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) archive
          = cpio_new ("init", "x", DRACUT, "x", "lib/modules/6.1.0-fixture/xen-blkfront.ko", "x",
                      "lib/modules/6.1.0-fixture/modules.builtin", "kernel/fs/ext4/ext4.ko\n", NULL);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL, *more = NULL, *both = NULL;

      guest_init_programs (&guest);
      guest_add_device (&guest, 3, "xvdb", "crypto_LUKS", DATA_UUID);
      guest_set_cmdline (&guest, cases[i].cmdline);
      g_ptr_array_add (guest.machine->boot.initrd_paths, g_strdup ("/initrd"));
      guest.machine->ahead = domuimg_initramfs_new_for_bytes (archive, "initrd", NULL);
      guest.machine->root = NULL;
      found = guest_find (&guest, domuimg_check_root);
      more = guest_find (&guest, domuimg_check_initramfs);
      both = g_strconcat (found, *more != '\0' ? ", " : "", more, NULL);
      g_test_message ("%s", cases[i].cmdline);
      g_assert_cmpstr (both, ==, cases[i].found);
    }
}

/* One with a processor's microcode only, and what the kernel finds without any. */
static void
test_initramfs_of_microcode (void)
{
  static const struct {
    const char *cmdline, *found;
  } cases[] = {
    { "root=/dev/xvda1", "" },
    { "root=PARTUUID=0011aabb-01", "" },
    { "root=PARTLABEL=root", "" },
    { "root=ca01", "" },
    { "root=202:1", "" },
    { "root=UUID=" ROOT_UUID, "initramfs-init error" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) archive
          = cpio_new ("kernel/x86/microcode/GenuineIntel.bin", "x", NULL);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init_programs (&guest);
      tree_edit (guest.machine->tree, "/lib/modules/6.1.0-fixture/modules.builtin",
                 "kernel/fs/ext4/ext4.ko\nkernel/drivers/block/xen-blkfront.ko\n");
      guest_set_cmdline (&guest, cases[i].cmdline);
      g_ptr_array_add (guest.machine->boot.initrd_paths, g_strdup ("/initrd"));
      guest.machine->ahead = domuimg_initramfs_new_for_bytes (archive, "initrd", NULL);
      found = guest_find (&guest, domuimg_check_initramfs);
      g_test_message ("%s", cases[i].cmdline);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-root/root", test_root);
  g_test_add_func ("/check-root/encrypted-disk-beside-the-root", test_encrypted_disk_beside_the_root);
  g_test_add_func ("/check-root/initramfs-of-microcode", test_initramfs_of_microcode);
  return g_test_run ();
}
