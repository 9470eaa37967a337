/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/check/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/check/initramfs.h"
#include "lib/check/repairs.h"
#include "lib/check/run.h"

/* The initramfs: whole, the kernel's, and with what the root needs. */

/* Linux starts each archive of an initramfs at a multiple of this; loaders fill up with zeros. */
#define ALIGNMENT 4

/* Files one after another, as a loader puts them into memory. */
typedef struct {
  DomuimgTree *tree; /* (nullable) the host's files without */
  char *path;
  int fd;
  guint64 start;
  guint64 size;
} Part;

static void
part_free (gpointer data)
{
  Part *self = data;

  if (self->fd >= 0)
    close (self->fd);
  g_free (self->path);
  g_free (self);
}

static gssize
read_part (const Part *self, guint64 offset, void *buffer, gsize length, GError **error)
{
  gssize got;

  if (self->tree != NULL)
    return domuimg_tree_read_at (self->tree, self->path, offset, buffer, length, error);
  got = pread (self->fd, buffer, length, offset);
  if (got < 0)
    domuimg_set_errno (error, errno, "reading %s", self->path);
  return got;
}

static gssize
read_parts (gpointer user_data, guint64 offset, void *buffer, gsize length, GError **error)
{
  GPtrArray *parts = user_data;

  for (guint i = 0; i < parts->len; i++)
    {
      const Part *part = g_ptr_array_index (parts, i);
      guint64 next = (part->start + part->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

      if (offset < part->start + part->size)
        return read_part (part, offset - part->start, buffer,
                          MIN (length, part->start + part->size - offset), error);
      if (offset < next && i + 1 < parts->len)
        {
          length = MIN (length, next - offset);
          memset (buffer, 0, length);
          return length;
        }
    }
  return 0;
}

static gboolean
open_part (DomuimgMachine *self, Part *part, GError **error)
{
  struct stat status;

  if (self->boot.in_guest)
    {
      g_autoptr (DomuimgEntry) entry = NULL;

      part->tree = self->boot_tree;
      entry = domuimg_tree_stat_follow (part->tree, part->path, error);
      if (entry == NULL)
        return FALSE;
      part->size = entry->size;
      return TRUE;
    }
  part->fd = open (domuimg_machine_where (self, part->path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (part->fd < 0 || fstat (part->fd, &status) != 0)
    return domuimg_set_errno (error, errno, "opening %s", part->path);
  part->size = status.st_size;
  return TRUE;
}

static void
report_unopened (DomuimgMachine *self, const char *path, const GError *error)
{
  if (g_error_matches (error, DOMUIMG_ERROR, DOMUIMG_ERROR_NOT_FOUND))
    domuimg_finding_advise (
        domuimg_machine_report (self, "initramfs-missing", path, "the initramfs %s is not %s",
                                path, self->boot.in_guest ? "in the guest" : "there"),
        self->boot.in_guest ? "make it in the guest (Debian: update-initramfs -c -k all)"
                            : "copy it there, or correct ramdisk= in the configuration");
  else
    domuimg_machine_report (self, "image-unreadable", path, "%s", error->message);
}

/* NULL where one of them cannot be opened: *@unopened (unowned). */
static GPtrArray *
open_parts (DomuimgMachine *self, const char **unopened, GError **error)
{
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func (part_free);
  guint64 at = 0;

  for (guint i = 0; i < self->boot.initrd_paths->len; i++)
    {
      Part *part = g_new0 (Part, 1);

      part->fd = -1;
      part->path = g_strdup (g_ptr_array_index (self->boot.initrd_paths, i));
      part->start = at;
      g_ptr_array_add (parts, part);
      if (!open_part (self, part, error))
        {
          *unopened = g_ptr_array_index (self->boot.initrd_paths, i);
          return NULL;
        }
      at = (at + part->size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
  return g_steal_pointer (&parts);
}

/* What a build has read of it already. */
static DomuimgInitramfs *
take_given (DomuimgMachine *self)
{
  const DomuimgMade *made = self->made;
  GPtrArray *paths = self->boot.initrd_paths;

  if (made == NULL || made->initramfs == NULL || paths->len != 1
      || !domuimg_machine_is_same_file (self, g_ptr_array_index (paths, 0), made->initramfs_path))
    return NULL;
  return domuimg_initramfs_ref (made->initramfs);
}

void
domuimg_initramfs_read_ahead (DomuimgMachine *self)
{
  DomuimgCheckBoot *boot = &self->boot;
  g_autoptr (GPtrArray) parts = NULL;
  DomuimgInput input = { read_parts };

  if (boot->ahead != NULL || boot->ahead_error != NULL || boot->initrd_paths->len == 0
      || (boot->in_guest && self->boot_tree == NULL))
    return;
  boot->ahead = take_given (self);
  if (boot->ahead != NULL)
    return;
  parts = open_parts (self, &boot->ahead_unopened, &boot->ahead_error);
  if (parts == NULL)
    return;
  input.user_data = parts;
  input.name = g_ptr_array_index (boot->initrd_paths, 0);
  boot->ahead = domuimg_initramfs_new (&input, &boot->ahead_error);
}

static gboolean
load (DomuimgMachine *self)
{
  DomuimgCheckBoot *boot = &self->boot;

  domuimg_initramfs_read_ahead (self);
  boot->initramfs = g_steal_pointer (&boot->ahead);
  if (boot->initramfs != NULL || boot->ahead_error == NULL)
    return boot->initramfs != NULL;
  if (boot->ahead_unopened != NULL)
    report_unopened (self, boot->ahead_unopened, boot->ahead_error);
  else
    domuimg_finding_advise (
        domuimg_machine_report (self, "initramfs-corrupt",
                                g_ptr_array_index (boot->initrd_paths, 0), "%s",
                                boot->ahead_error->message),
        "make it again in the guest (Debian: update-initramfs -u -k all; Fedora:"
        " dracut --force --regenerate-all)");
  return FALSE;
}

/* A driver that the way to the root needs: one of the modules. */
typedef struct {
  const char *what;
  const char *modules[3];
  const char *options[3];
} Need;

static const Need disk = {
  "Xen's disks", { "xen-blkfront" }, { "CONFIG_XEN_BLKDEV_FRONTEND" },
};
/* HVM has emulated disks until a kernel with Xen's drivers, in modules or not, takes them away. */
static const Need any_disk = {
  "its disks", { "xen-blkfront", "ata_piix", "ahci" },
  { "CONFIG_XEN_BLKDEV_FRONTEND", "CONFIG_ATA_PIIX", "CONFIG_SATA_AHCI" },
};
static const Need filesystems[] = {
  { "ext2", { "ext4", "ext2" }, { "CONFIG_EXT4_FS", "CONFIG_EXT2_FS" } },
  { "ext3", { "ext4", "ext3" }, { "CONFIG_EXT4_FS", "CONFIG_EXT3_FS" } },
  { "ext4", { "ext4" }, { "CONFIG_EXT4_FS" } },
  { "xfs", { "xfs" }, { "CONFIG_XFS_FS" } },
  { "btrfs", { "btrfs" }, { "CONFIG_BTRFS_FS" } },
  { "f2fs", { "f2fs" }, { "CONFIG_F2FS_FS" } },
  { "erofs", { "erofs" }, { "CONFIG_EROFS_FS" } },
  { "squashfs", { "squashfs" }, { "CONFIG_SQUASHFS" } },
};
static const Need volumes = { "logical volumes", { "dm-mod" }, { "CONFIG_BLK_DEV_DM" } };

static gboolean
is_there (DomuimgMachine *self, const Need *need)
{
  for (guint i = 0; i < G_N_ELEMENTS (need->modules) && need->modules[i] != NULL; i++)
    if (domuimg_machine_has_driver (self, need->modules[i], need->options[i]))
      return TRUE;
  return FALSE;
}

/* Where nothing tells what is built in, a driver that is in no initramfs may still be there. */
static void
report_driver (DomuimgMachine *self, const Need *need)
{
  gboolean known = domuimg_machine_knows_drivers (self);
  const char *modules[] = { need->modules[0], NULL };
  DomuimgFinding *finding;

  if (self->boot.initramfs == NULL)
    {
      domuimg_finding_advise (
          domuimg_machine_report_as (self, known ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_UNKNOWN,
                                     "initramfs-missing", need->modules[0],
                                     "the driver for %s, %s, is %s, and there is no initramfs",
                                     need->what, need->modules[0],
                                     known ? "not built into the kernel" : "perhaps a module"),
          "give the guest the initramfs that belongs to its kernel (ramdisk=)");
      return;
    }
  finding = domuimg_machine_report_as (
      self, known ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_UNKNOWN, "initramfs-driver",
      need->modules[0], "the initramfs lacks %s, the driver for %s, which is %s", need->modules[0],
      need->what, known ? "not built into the kernel" : "perhaps not built into the kernel either");
  domuimg_offer_initramfs_modules (finding, self, modules);
}

static const Need *
find_filesystem (const char *fs)
{
  for (guint i = 0; i < G_N_ELEMENTS (filesystems); i++)
    if (g_strcmp0 (fs, filesystems[i].what) == 0)
      return &filesystems[i];
  return NULL;
}

static void
check_drivers (DomuimgMachine *self)
{
  const Need *first = self->type == DOMUIMG_GUEST_TYPE_HVM ? &any_disk : &disk;
  const Need *fs = self->root != NULL && self->root->volume != NULL
                       ? find_filesystem (self->root->volume->fs)
                       : NULL;

  if (!is_there (self, first))
    report_driver (self, first);
  if (fs != NULL && !is_there (self, fs))
    report_driver (self, fs);
  if (self->root != NULL && self->root->volume != NULL && self->root->volume->lv != NULL
      && !is_there (self, &volumes))
    report_driver (self, &volumes);
}

/* Modules of another kernel do not load; where nothing is needed of them, that is no matter. */
static void
check_version (DomuimgMachine *self)
{
  const char *version = self->boot.kernel != NULL ? domuimg_kernel_get_version (self->boot.kernel)
                                                  : NULL;
  g_auto (GStrv) versions = domuimg_initramfs_list_versions (self->boot.initramfs);
  g_autofree char *list = g_strjoinv (", ", versions);
  gboolean needed;

  if (version == NULL || versions[0] == NULL
      || g_strv_contains ((const char *const *) versions, version))
    return;
  /* What is in it does not count any more. */
  g_clear_pointer (&self->boot.initramfs, domuimg_initramfs_free);
  needed = !is_there (self, self->type == DOMUIMG_GUEST_TYPE_HVM ? &any_disk : &disk);
  domuimg_finding_advise (
      domuimg_machine_report_as (self, needed ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_WARNING,
                                 "initramfs-version", list,
                                 "the initramfs has modules for %s, and the kernel is %s", list,
                                 version),
      "take the initramfs of the same version (Debian: /boot/initrd.img-%s)", version);
}

GPtrArray *
domuimg_check_list_missing_modules (DomuimgMachine *self)
{
  static const Need network
      = { "Xen's network", { "xen-netfront" }, { "CONFIG_XEN_NETDEV_FRONTEND" } };
  const DomuimgVolume *root = self->root != NULL ? self->root->volume : NULL;
  const Need *needs[] = { &disk, &network, root != NULL ? find_filesystem (root->fs) : NULL,
                          root != NULL && root->lv != NULL ? &volumes : NULL };
  GPtrArray *modules = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (needs); i++)
    if (needs[i] != NULL && !is_there (self, needs[i]))
      g_ptr_array_add (modules, (char *) needs[i]->modules[0]);
  return modules;
}

void
domuimg_check_initramfs (DomuimgMachine *self)
{
  gboolean wanted = self->boot.initrd_paths->len > 0;

  if (self->boot.kernel == NULL || (wanted && !load (self)))
    return;
  if (wanted)
    check_version (self);
  if (!wanted || self->boot.initramfs != NULL)
    check_drivers (self);
}
