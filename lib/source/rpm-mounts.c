/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mounts what packages expect in a root while they are installed, in a namespace of our own. */
#include "config.h"
#include "lib/source/rpm-inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *const devices[] = { "null", "zero", "full", "random", "urandom", "tty", NULL };

static const struct {
  const char *name;
  const char *target;
} links[] = {
  { "fd", "/proc/self/fd" },
  { "stdin", "/proc/self/fd/0" },
  { "stdout", "/proc/self/fd/1" },
  { "stderr", "/proc/self/fd/2" },
};

static gboolean
mount_at (const char *source, const char *path, const char *type, gulong flags,
          const char *options, GError **error)
{
  if (mount (source, path, type, flags, options) == 0)
    return TRUE;
  return domuimg_set_errno (error, errno, "mounting %s at %s", type != NULL ? type : source, path);
}

gboolean
domuimg_rpm_mount_root (const char *work, const char *root, GError **error)
{
  struct statfs status;

  if (mkdir (root, 0755) != 0)
    return domuimg_set_errno (error, errno, "making %s", root);
  if (statfs (work, &status) != 0)
    return domuimg_set_errno (error, errno, "looking at %s", work);
  /* One of our own goes with the namespace, and may have labels and capabilities of files. */
  if (status.f_type != TMPFS_MAGIC)
    return TRUE;
  return mount_at ("domuimg", root, "tmpfs", 0, "mode=0755,size=90%", error);
}

static gboolean
make_device (const char *dev, const char *name, GError **error)
{
  g_autofree char *source = g_build_filename ("/dev", name, NULL);
  g_autofree char *target = g_build_filename (dev, name, NULL);
  int fd = open (target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

  if (fd < 0)
    return domuimg_set_errno (error, errno, "making %s", target);
  close (fd);
  return mount_at (source, target, NULL, MS_BIND, NULL, error);
}

static gboolean
fill_dev (const char *dev, GError **error)
{
  g_autofree char *shm = g_build_filename (dev, "shm", NULL);

  for (guint i = 0; devices[i] != NULL; i++)
    {
      if (!make_device (dev, devices[i], error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    {
      g_autofree char *path = g_build_filename (dev, links[i].name, NULL);

      if (symlink (links[i].target, path) != 0)
        return domuimg_set_errno (error, errno, "making %s", path);
    }
  if (mkdir (shm, 01777) != 0)
    return domuimg_set_errno (error, errno, "making %s", shm);
  return TRUE;
}

/* /sys is empty: nothing in the root learns of this machine's devices, or finds SELinux's
 * filesystem, through which a policy's package would load its policy into this machine. */
gboolean
domuimg_rpm_mount_system (const char *root, GError **error)
{
  static const struct {
    const char *name;
    const char *type;
    mode_t mode;
  } mounts[] = { { "proc", "proc", 0555 }, { "sys", "tmpfs", 0555 }, { "dev", "tmpfs", 0755 } };
  g_autofree char *dev = g_build_filename (root, "dev", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (mounts); i++)
    {
      g_autofree char *path = g_build_filename (root, mounts[i].name, NULL);

      if (mkdir (path, mounts[i].mode) != 0 || chmod (path, mounts[i].mode) != 0)
        return domuimg_set_errno (error, errno, "making %s", path);
      if (!mount_at (mounts[i].type, path, mounts[i].type, MS_NOSUID | MS_NOEXEC,
                     i > 0 ? "mode=0755" : NULL, error))
        return FALSE;
    }
  return fill_dev (dev, error);
}

gboolean
domuimg_rpm_mount_packages (const char *path, guint number, const char *root, GError **error)
{
  g_autofree char *all = g_build_filename (root, DOMUIMG_RPM_PACKAGES, NULL);
  g_autofree char *place = g_strdup_printf ("%s/%u", all, number);

  if (g_mkdir_with_parents (place, 0755) != 0)
    return domuimg_set_errno (error, errno, "making %s", place);
  return mount_at (path, place, NULL, MS_BIND | MS_REC, NULL, error);
}

gboolean
domuimg_rpm_unmount_system (const char *root, GError **error)
{
  static const char *const names[] = { "dev", "sys", "proc" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (root, names[i], NULL);

      if (umount2 (path, MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
        return domuimg_set_errno (error, errno, "unmounting %s", path);
    }
  return TRUE;
}
