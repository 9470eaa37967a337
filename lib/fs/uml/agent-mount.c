/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices, modules and mounts in User-mode Linux. */
#include "config.h"
#include "lib/fs/uml/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/fd.h"

/* syslog(2) */
#define SYSLOG_READ_CLEAR 4
#define SYSLOG_CLEAR 5
#define LOG_MAX 16384

void
domuimg_uml_agent_begin (void)
{
  mkdir ("/proc", 0755);
  mkdir ("/sys", 0755);
  mkdir ("/dev", 0755);
  mkdir ("/run", 0755);
  mkdir ("/tmp", 0700);
  mount ("proc", "/proc", "proc", 0, NULL);
  mount ("sysfs", "/sys", "sysfs", 0, NULL);
  mount ("devtmpfs", "/dev", "devtmpfs", 0, NULL);
  umask (0);
}

static gboolean
load_file (const char *name, GError **error)
{
  g_autofree char *path = g_build_filename ("/" DOMUIMG_UML_MODULES, name, NULL);
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0 && (syscall (SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST))
    return TRUE;
  return domuimg_set_errno (error, errno, "loading the module %s", name);
}

gboolean
domuimg_uml_agent_load (const char *name, GError **error)
{
  g_autofree char *list = g_strdup_printf ("/" DOMUIMG_UML_MODULES "/%s.list", name);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (strchr (name, '/') != NULL || !g_file_get_contents (list, &text, NULL, NULL))
    return TRUE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && !load_file (lines[i], error))
      return FALSE;
  return TRUE;
}

/* Two copies of an XFS may be in one image, and its kernel takes each UUID once. */
static const char *
options_of (const char *type)
{
  return g_str_equal (type, "xfs") ? "nouuid" : NULL;
}

/* What the kernel has said since it was last asked, for further lines of an error. */
static char *
take_log (void)
{
  g_autofree char *text = g_malloc0 (LOG_MAX + 1);
  int length = klogctl (SYSLOG_READ_CLEAR, text, LOG_MAX);

  text[MAX (length, 0)] = '\0';
  return g_strdup (g_strchomp (text));
}

/* Most distributions put the root into a subvolume of btrfs, as @ (Debian, Ubuntu) or root (Fedora),
 * with another for /home, unless they make it the default one. */
static const struct {
  const char *root, *home;
} subvolumes[] = { { "@", "@home" }, { "root", "home" } };

static gboolean
has (const char *at, const char *name)
{
  g_autofree char *path = g_build_filename (at, name, NULL);

  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

static gboolean
mount_subvolume (const char *device, const char *at, const char *name, unsigned long flags)
{
  g_autofree char *options = g_strdup_printf ("subvol=%s", name);

  return mount (device, at, "btrfs", flags, options) == 0;
}

static void
mount_home (const char *device, const char *at, const char *name, unsigned long flags)
{
  g_autofree char *home = g_build_filename (at, "home", NULL);

  mkdir (home, 0755);
  if (g_file_test (home, G_FILE_TEST_IS_DIR))
    mount_subvolume (device, home, name, flags);
}

static gboolean
find_root (const char *device, const char *at, unsigned long flags, GError **error)
{
  for (guint i = 0; !has (at, "etc") && i < G_N_ELEMENTS (subvolumes); i++)
    {
      gboolean is_home = has (at, subvolumes[i].home);

      if (!has (at, subvolumes[i].root))
        continue;
      umount (at);
      if (!mount_subvolume (device, at, subvolumes[i].root, flags))
        return domuimg_set_errno (error, errno, "mounting its subvolume %s", subvolumes[i].root);
      if (is_home)
        mount_home (device, at, subvolumes[i].home, flags);
      return TRUE;
    }
  return TRUE;
}

/* A journal is replayed into memory where the disk is not written to, so that what is seen is what
 * the guest will see; what cannot be replayed may still be read. */
static gboolean
mount_it (const char *device, const char *at, const char *type, gboolean writable, GError **error)
{
  unsigned long flags = MS_NODEV | MS_NOSUID | MS_NOEXEC | MS_NOATIME;
  g_autofree char *log = NULL;
  int saved_errno;

  if (!writable)
    flags |= MS_RDONLY;
  klogctl (SYSLOG_CLEAR, NULL, 0);
  if (mount (device, at, type, flags, options_of (type)) == 0)
    return !g_str_equal (type, "btrfs") || find_root (device, at, flags, error);
  saved_errno = errno;
  log = take_log ();
  errno = saved_errno;
  if (errno == ENODEV)
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED,
                         "User-mode Linux has no driver for the filesystem %s", type);
  return domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "its %s filesystem cannot be mounted: %s\n%s",
                       type, g_strerror (errno), log);
}

static void
mount_free (gpointer data)
{
  DomuimgUmlMounted *self = data;

  g_clear_object (&self->tree);
  g_free (self->at);
  g_free (self);
}

static char *
find_device (DomuimgUmlAgent *self, const DomuimgUmlRequest *request, GError **error)
{
  if (*request->target != '\0')
    return g_strconcat ("/dev/", request->target, NULL);
  return domuimg_uml_agent_device (self, request->offset, request->length, error);
}

gboolean
domuimg_uml_agent_mount (DomuimgUmlAgent *self, const DomuimgUmlRequest *request, guint32 *id,
                         GError **error)
{
  g_autofree char *device = find_device (self, request, error);
  g_autofree char *at = g_strdup_printf ("/m%u", self->mounts->len);
  gboolean writable = g_variant_is_of_type (request->extra, G_VARIANT_TYPE_BOOLEAN)
                      && g_variant_get_boolean (request->extra);
  DomuimgUmlMounted *mount;

  if (device == NULL || !domuimg_uml_agent_load (request->path, error))
    return FALSE;
  mkdir (at, 0700);
  if (!mount_it (device, at, request->path, writable, error))
    return FALSE;
  mount = g_new0 (DomuimgUmlMounted, 1);
  mount->fd = -1;
  mount->directory = -1;
  mount->tree = domuimg_tree_dir_new (at, error);
  if (mount->tree == NULL)
    {
      umount2 (at, MNT_DETACH);
      mount_free (mount);
      return FALSE;
    }
  mount->at = g_steal_pointer (&at);
  *id = self->mounts->len;
  g_ptr_array_add (self->mounts, mount);
  return TRUE;
}

gboolean
domuimg_uml_agent_unmount (DomuimgUmlMounted *mount, GError **error)
{
  gboolean ok = domuimg_uml_agent_end_fill (mount, error);
  g_autofree char *home = NULL;
  g_auto (DomuimgFd) fd = open (mount->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  /* umount (2) does not tell what could not be written. */
  if (ok && (fd < 0 || syncfs (fd) != 0))
    ok = domuimg_set_errno (error, errno, "writing it out");
  domuimg_fd_clear (&fd);
  g_clear_object (&mount->tree);
  home = g_build_filename (mount->at, "home", NULL);
  umount (home);
  if (umount (mount->at) != 0 && ok)
    ok = domuimg_set_errno (error, errno, "unmounting it");
  rmdir (mount->at);
  g_clear_pointer (&mount->at, g_free);
  return ok;
}

gboolean
domuimg_uml_agent_trim (DomuimgUmlMounted *mount, GError **error)
{
  g_auto (DomuimgFd) fd = open (mount->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct fstrim_range range = { 0, G_MAXUINT64, 0 };

  return (fd >= 0 && ioctl (fd, FITRIM, &range) == 0)
         || domuimg_set_errno (error, errno, "discarding what is unused");
}

gboolean
domuimg_uml_agent_make_subvolume (DomuimgUmlMounted *mount, const char *path, GError **error)
{
  g_auto (DomuimgFd) fd = open (mount->at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct btrfs_ioctl_vol_args arguments = { 0 };

  if (strlen (path) > BTRFS_PATH_NAME_MAX || strchr (path, '/') != NULL)
    return domuimg_fail (error, DOMUIMG_ERROR_FAILED, "%s: not the name of a subvolume", path);
  g_strlcpy (arguments.name, path, sizeof arguments.name);
  return (fd >= 0 && ioctl (fd, BTRFS_IOC_SUBVOL_CREATE, &arguments) == 0)
         || domuimg_set_errno (error, errno, "making the subvolume %s", path);
}
