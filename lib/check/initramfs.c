/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that the initramfs is whole, fits the kernel, and has what the root needs. */
#include "config.h"
#include "lib/check/rules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/check/initramfs.h"
#include "lib/check/offers.h"
#include "lib/check/run.h"
#include "lib/kernel/needs.h"

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
    domuimg_machine_report_error (self, "image-unreadable", path, error);
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
  DomuimgGuestBoot *boot = &self->boot;
  g_autoptr (GPtrArray) parts = NULL;
  DomuimgInput input = { read_parts };

  if (self->ahead != NULL || self->ahead_error != NULL || boot->initrd_paths->len == 0
      || (boot->in_guest && self->boot_tree == NULL))
    return;
  self->ahead = take_given (self);
  if (self->ahead != NULL)
    return;
  parts = open_parts (self, &self->ahead_unopened, &self->ahead_error);
  if (parts == NULL)
    return;
  input.user_data = parts;
  input.name = g_ptr_array_index (boot->initrd_paths, 0);
  self->ahead = domuimg_initramfs_new (&input, &self->ahead_error);
}

static gboolean
load (DomuimgMachine *self)
{
  DomuimgGuestBoot *boot = &self->boot;

  domuimg_initramfs_read_ahead (self);
  boot->initramfs = g_steal_pointer (&self->ahead);
  if (boot->initramfs != NULL || self->ahead_error == NULL)
    return boot->initramfs != NULL;
  if (self->ahead_unopened != NULL)
    report_unopened (self, self->ahead_unopened, self->ahead_error);
  else
    domuimg_finding_advise (
        domuimg_machine_report_error (self, "initramfs-corrupt",
                                      g_ptr_array_index (boot->initrd_paths, 0), self->ahead_error),
        "make it again in the guest (Debian: update-initramfs -u -k all; Fedora:"
        " dracut --force --regenerate-all)");
  return FALSE;
}

static gboolean
is_there (DomuimgMachine *self, const DomuimgNeed *need)
{
  return domuimg_guest_boot_meets (&self->boot, self->tree, need);
}

/* Where nothing tells what is built in, a driver that is in no initramfs may still be there; @needed: the
 * root is known to want it. */
static void
report_driver (DomuimgMachine *self, const DomuimgNeed *need, gboolean needed)
{
  gboolean known = needed && domuimg_machine_knows_drivers (self);
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

/* A program that makes a device of what holds the root. */
typedef struct {
  const char *what;
  const char *names[3]; /* of files: one of them will do */
  const char *debian, *others; /* packages */
} Opener;

static const Opener lvm = { "a logical volume", { "lvm" }, "lvm2", "lvm2" };
static const Opener cryptsetup = { "an encrypted disk", { "cryptsetup", "systemd-cryptsetup" },
                                   "cryptsetup-initramfs", "cryptsetup" };

static gboolean
has_program (DomuimgMachine *self, const Opener *opener)
{
  g_auto (GStrv) files = domuimg_initramfs_list_files (self->boot.initramfs);

  for (guint i = 0; files[i] != NULL; i++)
    {
      const char *slash = strrchr (files[i], '/');
      const char *name = slash != NULL ? slash + 1 : files[i];

      for (guint j = 0; opener->names[j] != NULL; j++)
        if (g_str_equal (name, opener->names[j]))
          return TRUE;
    }
  return FALSE;
}

/* The driver alone opens nothing. Where the root was not found, it may be on something else. */
static void
check_opener (DomuimgMachine *self, const DomuimgNeed *driver, const Opener *opener)
{
  gboolean known = self->root != NULL;

  if (!is_there (self, driver))
    report_driver (self, driver, known);
  if (self->boot.initramfs == NULL || has_program (self, opener))
    return;
  domuimg_finding_advise (
      domuimg_machine_report_as (self, known ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_UNKNOWN,
                                 "initramfs-program", opener->names[0],
                                 "the root %s on %s, and the initramfs has no %s",
                                 known ? "is" : "may be", opener->what, opener->names[0]),
      "install it in the guest (Debian: --package %s; Fedora: --package %s) and make the initramfs"
      " again",
      opener->debian, opener->others);
}

/* Where the root was not found among the disks, and there is an encrypted one, it may be there. */
static gboolean
is_encrypted (DomuimgMachine *self)
{
  if (self->root != NULL)
    return self->root->volume != NULL && self->root->volume->is_encrypted;
  for (guint i = 0; i < self->devices->len && !self->root_is_elsewhere; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->volume != NULL && g_strcmp0 (device->volume->fs, "crypto_LUKS") == 0)
        return TRUE;
    }
  return FALSE;
}

static void
check_drivers (DomuimgMachine *self)
{
  const DomuimgNeed *first = domuimg_need_of_disks (self->type);
  const DomuimgVolume *root = self->root != NULL ? self->root->volume : NULL;
  const DomuimgNeed *fs = root != NULL ? domuimg_need_of_fs (root->fs) : NULL;

  /* One that was made by hand may be all there is. */
  if (self->root == NULL && self->boot.initramfs != NULL
      && !domuimg_initramfs_is_of_a_distribution (self->boot.initramfs))
    return;
  if (!is_there (self, first))
    report_driver (self, first, !self->root_is_elsewhere);
  if (fs != NULL && !is_there (self, fs))
    report_driver (self, fs, TRUE);
  if (root != NULL && root->lv != NULL)
    check_opener (self, &domuimg_need_of_volumes, &lvm);
  if (is_encrypted (self))
    check_opener (self, &domuimg_need_of_containers, &cryptsetup);
}

/* Modules of another kernel do not load; if none of them is needed, that does not matter. */
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
  needed = self->installs || !is_there (self, domuimg_need_of_disks (self->type));
  domuimg_finding_advise (
      domuimg_machine_report_as (self, needed ? DOMUIMG_SEVERITY_ERROR : DOMUIMG_SEVERITY_WARNING,
                                 "initramfs-version", list,
                                 "the initramfs has modules for %s, and the kernel is %s", list,
                                 version),
      "take the initramfs of the same version (Debian: /boot/initrd.img-%s)", version);
}

void
domuimg_check_initramfs (DomuimgMachine *self)
{
  gboolean wanted = self->boot.initrd_paths->len > 0;

  if (self->boot.kernel == NULL || (wanted && !load (self)))
    return;
  if (wanted && !domuimg_initramfs_check_start (self))
    return;
  if (wanted)
    check_version (self);
  if (!self->installs && (!wanted || self->boot.initramfs != NULL))
    check_drivers (self);
}
