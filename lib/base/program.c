/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/base/exec.h"

#include <string.h>
#include <unistd.h>

/* Debian 12's packages. */
static const struct {
  const char *program;
  const char *package;
} packages[] = {
  { "apt-cache", "apt" },
  { "apt-get", "apt" },
  { "blkid", "util-linux" },
  { "cpio", "cpio" },
  { "debootstrap", "debootstrap" },
  { "debugfs", "e2fsprogs" },
  { "depmod", "kmod" },
  { "dnf", "dnf" },
  { "dpkg", "dpkg" },
  { "dpkg-deb", "dpkg" },
  { "dumpe2fs", "e2fsprogs" },
  { "e2fsck", "e2fsprogs" },
  { "eatmydata", "eatmydata" },
  { "fakeroot", "fakeroot" },
  { "fusermount3", "fuse3" },
  { "gpg", "gnupg" },
  { "gpgv", "gpgv" },
  { "grub-mkimage", "grub-common" },
  { "linux.uml", "user-mode-linux" },
  { "lvcreate", "lvm2" },
  { "lvremove", "lvm2" },
  { "lvextend", "lvm2" },
  { "lvm", "lvm2" },
  { "lvrename", "lvm2" },
  { "lvs", "lvm2" },
  { "mke2fs", "e2fsprogs" },
  { "mkfs.btrfs", "btrfs-progs" },
  { "mkfs.erofs", "erofs-utils" },
  { "mkfs.f2fs", "f2fs-tools" },
  { "mksquashfs", "squashfs-tools" },
  { "mkfs.vfat", "dosfstools" },
  { "mkfs.xfs", "xfsprogs" },
  { "mmdebstrap", "mmdebstrap" },
  { "newuidmap", "uidmap" },
  { "qemu-img", "qemu-utils" },
  { "qemu-storage-daemon", "qemu-system-common" },
  { "qemu-system-x86_64", "qemu-system-x86" },
  { "resize2fs", "e2fsprogs" },
  { "rpm", "rpm" },
  { "sfdisk", "fdisk" },
  { "skopeo", "skopeo" },
  { "strace", "strace" },
  { "ssh", "openssh-client" },
  { "ssh-keygen", "openssh-client" },
  { "tar", "tar" },
  { "tune2fs", "e2fsprogs" },
  { "unshare", "util-linux" },
  { "vgs", "lvm2" },
  { "virsh", "libvirt-clients" },
  { "virt-xml-validate", "libvirt-clients" },
  { "xl", "xen-utils-common" },
  { "xorriso", "xorriso" },
  { "zfs", "zfsutils-linux" },
  { "zstd", "zstd" },
  { "zypper", "zypper" },
};

/* Where a user's PATH does not lead, but mke2fs and its kin are. */
static const char *const system_directories[] = {
  "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
};

const char *
domuimg_package_of_program (const char *program)
{
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    if (g_str_equal (packages[i].program, program))
      return packages[i].package;
  return NULL;
}

static void
add_directory (GPtrArray *directories, const char *directory)
{
  /* What is not absolute would depend on where we are called. */
  if (directory[0] == '/'
      && !g_ptr_array_find_with_equal_func (directories, directory, g_str_equal, NULL))
    g_ptr_array_add (directories, g_strdup (directory));
}

char *
domuimg_search_path (void)
{
  const char *path = g_getenv ("PATH");
  g_auto (GStrv) given = g_strsplit (path != NULL ? path : "", ":", -1);
  g_autoptr (GPtrArray) directories = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; given[i] != NULL; i++)
    add_directory (directories, given[i]);
  for (guint i = 0; i < G_N_ELEMENTS (system_directories); i++)
    add_directory (directories, system_directories[i]);
  g_ptr_array_add (directories, NULL);
  return g_strjoinv (":", (char **) directories->pdata);
}

static gboolean
is_program (const char *path)
{
  return g_file_test (path, G_FILE_TEST_IS_REGULAR) && access (path, X_OK) == 0;
}

char *
domuimg_libexec_path (const char *program)
{
  const char *chosen = g_getenv ("DOMUIMG_LIBEXEC_DIR");

  return g_build_filename (chosen != NULL && *chosen == '/' ? chosen : DOMUIMG_LIBEXECDIR, program,
                           NULL);
}

char *
domuimg_find_program (const char *program)
{
  g_autofree char *path = domuimg_search_path ();
  g_auto (GStrv) directories = g_strsplit (path, ":", -1);

  if (program[0] == '\0')
    return NULL;
  if (strchr (program, '/') != NULL)
    return is_program (program) ? g_strdup (program) : NULL;
  for (guint i = 0; directories[i] != NULL; i++)
    {
      g_autofree char *candidate = g_build_filename (directories[i], program, NULL);

      if (is_program (candidate))
        return g_steal_pointer (&candidate);
    }
  return NULL;
}
