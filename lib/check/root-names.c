/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells what the words are that root= may have: of the kernel, of an initramfs, of no disk at all. */
#include "config.h"
#include "lib/check/root-names.h"

#include <string.h>

/* What the kernel, and initramfs-tools, take for a number. The major one is that of Xen's disks, with 16
 * minor ones a disk. */
char *
domuimg_root_name_of_number (const char *root)
{
  const char *colon = strchr (root, ':');
  guint64 number, minor;

  if (colon != NULL ? !g_ascii_string_to_unsigned (colon + 1, 10, 0, 255, &minor, NULL)
                          || strncmp (root, "202:", strlen ("202:")) != 0
                    : !g_ascii_string_to_unsigned (root, 16, 0xca00, 0xcaff, &number, NULL))
    return NULL;
  if (colon == NULL)
    minor = number & 0xff;
  if (minor % 16 == 0)
    return g_strdup_printf ("/dev/xvd%c", (char) ('a' + minor / 16));
  return g_strdup_printf ("/dev/xvd%c%u", (char) ('a' + minor / 16), (guint) (minor % 16));
}

/* Names, numbers, and what partition tables say. */
gboolean
domuimg_root_is_for_kernel (const char *root)
{
  g_autofree char *name = domuimg_root_name_of_number (root);

  return name != NULL || g_str_has_prefix (root, "/dev/") || g_str_has_prefix (root, "PARTUUID=")
         || g_str_has_prefix (root, "PARTLABEL=");
}

/* A filesystem that is not on a disk has any name for a device: "root=share rootfstype=virtiofs". */
static gboolean
is_of_no_disk (DomuimgMachine *self)
{
  static const char *const types[] = { "9p", "virtiofs", "nfs", "nfs4", "cifs", "tmpfs", "overlay", "zfs",
                                       NULL };
  g_autofree char *type = domuimg_machine_get_parameter (self, "rootfstype");

  return type != NULL && g_strv_contains (types, type);
}

gboolean
domuimg_root_is_elsewhere (DomuimgMachine *self, const char *root)
{
  /* dracut.cmdline(7), systemd-gpt-auto-generator(8), systemd-fstab-generator(8), and the kernel's own. */
  static const char *const words[] = { "dhcp", "dhcp6", "gpt-auto", "gpt-auto-force", "dissect",
                                       "dissect-force", "fstab", "off", "tmpfs", "zfs", "zfs-AUTO",
                                       "/dev/nfs", "/dev/cifs", NULL };
  static const char *const prefixes[]
      = { "nfs:", "nfs4:", "nbd:", "iscsi:", "fcoe:", "nvmf:", "cifs:", "smb:", "live:", "liveiso:",
          "http:", "https:", "ftp:", "tftp:", "torrent:", "ZFS=", "zfs:", "overlay:", "overlayfs:",
          "block:", "bind:", "virtiofs:", "9p:", "/dev/nbd", "/dev/zram", "/dev/loop",
          "/dev/mapper/live-" };

  if (g_strv_contains (words, root) || is_of_no_disk (self))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (root, prefixes[i]))
      return TRUE;
  return FALSE;
}

char *
domuimg_root_find_script (DomuimgMachine *self)
{
  g_autofree char *name = domuimg_machine_get_parameter (self, "boot");
  g_autofree char *path = g_strconcat ("scripts/", name != NULL ? name : "", NULL);

  if (name == NULL || g_str_equal (name, "local") || self->ahead == NULL
      || !domuimg_initramfs_has_file (self->ahead, "scripts/functions")
      || !domuimg_initramfs_has_file (self->ahead, path))
    return NULL;
  return g_steal_pointer (&name);
}
