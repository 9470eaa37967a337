/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kernel cannot mount, by its version: that of Linux, or a vendor's. */
#include "config.h"
#include "tests/unit/check-fixtures.h"

#include <glib/gstdio.h>
#include <string.h>

#include "tests/unit/kernel-fixtures.h"

#define SPINODES 0x2
#define META_UUID 0x4
#define BIGTIME 0x8

/* Of xfs, big-endian: the magic, the size of blocks, the version and sb_features_incompat. */
static char *
write_superblock (guint32 block, guint8 version, guint8 features)
{
  g_autofree guint8 *content = g_malloc0 (64 << 10);
  char *path = NULL;
  int fd = g_file_open_tmp (NULL, &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  memcpy (content, "XFSB", 4);
  content[5] = (guint8) (block >> 16);
  content[6] = (guint8) (block >> 8);
  content[101] = version;
  content[219] = features;
  g_assert_true (g_file_set_contents (path, (const char *) content, 64 << 10, NULL));
  return path;
}

typedef struct {
  const char *kernel;
  guint32 block;
  guint8 features;
  const char *options, *found;
} MountCase;

static const MountCase cases[] = {
  { "4.9.0-18-amd64", 4096, BIGTIME, "defaults", "filesystem-kernel error" },
  { "4.9.0-18-amd64", 4096, BIGTIME, "nofail", "filesystem-kernel warning" },
  { "5.10.0-9-amd64", 4096, BIGTIME, "defaults", "" },
  { "3.10.0-1160.el7.x86_64", 4096, SPINODES, "defaults", "" },
  { "3.10.0-1160.el7.x86_64", 4096, META_UUID, "defaults", "" },
  { "3.10.0-1160.el7.x86_64", 4096, BIGTIME, "defaults", "filesystem-kernel unknown" },
  { "3.10.108-1.el6.elrepo.x86_64", 4096, SPINODES, "defaults", "filesystem-kernel error" },
  { "4.18.0-553.el8.x86_64", 4096, BIGTIME, "defaults", "filesystem-kernel unknown" },
  { "4.12.14-122.37-default", 4096, BIGTIME, "defaults", "filesystem-kernel unknown" },
  { "4.12.14-122.37-default", 4096, BIGTIME, "nofail", "filesystem-kernel warning" },
  { "4.14.35-2047.el7uek.x86_64", 4096, BIGTIME, "defaults", "filesystem-kernel unknown" },
  { "4.14.35-1902.uek.x86_64", 4096, BIGTIME, "defaults", "filesystem-kernel unknown" },
  { "4.14.355-275.amzn2.x86_64", 4096, BIGTIME, "defaults", "filesystem-kernel unknown" },
  { "4.18.16-100.fc27.x86_64", 4096, BIGTIME, "defaults", "filesystem-kernel error" },
  { "4.15.0-99-generic", 4096, BIGTIME, "defaults", "filesystem-kernel error" },
  { "3.10.0-1160.el7.x86_64", 65536, 0, "defaults", "filesystem-kernel error" },
  { "6.6.0-1.el10.x86_64", 65536, 0, "defaults", "filesystem-kernel unknown" },
};

static void
test_xfs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = write_superblock (cases[i].block, 0xb5, cases[i].features);
      g_autofree char *line
          = g_strdup_printf ("/dev/xvda2 /srv xfs %s 0 0\n", cases[i].options);
      g_autoptr (DomuimgImage) image = domuimg_image_open (path, "raw", NULL);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      g_assert_nonnull (image);
      guest_init (&guest, SYSTEMD);
      guest_set_kernel (&guest, cases[i].kernel);
      guest.volumes[1].length = 64 << 10;
      ((DomuimgDevice *) guest.machine->devices->pdata[1])->image = image;
      tree_edit (guest.machine->tree, "/etc/fstab", line);
      found = guest_find (&guest, domuimg_check_fstab);
      g_test_message ("%s: %s", cases[i].kernel, found);
      g_assert_cmpstr (found, ==, cases[i].found);
      g_unlink (path);
    }
}

/* The tables of options are of Linux up to 6.15. */
static void
test_options (void)
{
  static const struct {
    const char *kernel, *options, *found;
  } options[] = {
    { "6.1.0-18-amd64", "brandnew", "fstab-options error" },
    { "6.18.0-1-amd64", "brandnew", "fstab-options unknown" },
    { "6.18.0-1-amd64", "brandnew,nofail", "fstab-options warning" },
    { "6.18.0-1-amd64", "subvol=@", "fstab-options error" },
    { "5.14.0-427.el9.x86_64", "brandnew", "fstab-options unknown" },
    { "5.14.0-427.el9.x86_64", "subvol=@", "fstab-options error" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autofree char *line = g_strdup_printf ("/dev/xvda2 /srv xfs %s 0 0\n", options[i].options);
      g_auto (Guest) guest = { NULL };
      g_autofree char *found = NULL;

      guest_init (&guest, SYSTEMD);
      guest_set_kernel (&guest, options[i].kernel);
      tree_edit (guest.machine->tree, "/etc/fstab", line);
      found = guest_find (&guest, domuimg_check_fstab);
      g_test_message ("%s, %s", options[i].kernel, options[i].options);
      g_assert_cmpstr (found, ==, options[i].found);
    }
}

/* The loader that has to find a menu on an xfs, beside one on ext4 where @is_beside. */
static char *
find_by_pygrub (guint8 version, gboolean is_beside)
{
  static const char menu[] = "menuentry 'a' {\nlinux /vmlinuz root=/dev/xvda2\n}\n";
  g_autofree char *path = write_superblock (4096, version, 0);
  g_autoptr (DomuimgImage) image = domuimg_image_open (path, "raw", NULL);
  g_auto (Guest) guest = { NULL };
  DomuimgDevice **devices;
  char *found;

  guest_init (&guest, SYSTEMD);
  g_clear_pointer (&guest.machine->boot.cmdline, g_free);
  devices = (DomuimgDevice **) guest.machine->devices->pdata;
  /* The root, with its menu, is the xfs. */
  guest.volumes[0].fs = (char *) "xfs";
  guest.volumes[0].length = 64 << 10;
  devices[0]->image = image;
  tree_edit (devices[0]->tree, "/boot/grub/grub.cfg", menu);
  if (is_beside)
    {
      guest.volumes[1].fs = (char *) "ext4";
      devices[1]->tree = guest_load (SYSTEMD);
      tree_edit (devices[1]->tree, "/grub/grub.cfg", menu);
    }
  domuimg_domain_set_bootloader (guest.machine->domain, "pygrub");
  guest.machine->type = DOMUIMG_GUEST_TYPE_PV;
  found = guest_find (&guest, domuimg_check_menu);
  g_unlink (path);
  return found;
}

/* libfsimage reads xfs as it was before it had checksums. */
static void
test_menu_on_xfs (void)
{
  g_autofree char *old = find_by_pygrub (0xb4, FALSE);
  g_autofree char *present = find_by_pygrub (0xb5, FALSE);
  g_autofree char *beside = find_by_pygrub (0xb5, TRUE);

  g_assert_cmpstr (old, ==, "");
  g_assert_cmpstr (present, ==, "loader-filesystem error");
  g_assert_cmpstr (beside, ==, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/check-mounting/xfs", test_xfs);
  g_test_add_func ("/check-mounting/options", test_options);
  g_test_add_func ("/check-mounting/menu-on-xfs", test_menu_on_xfs);
  return g_test_run ();
}
