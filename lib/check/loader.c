/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds out what loads the guest's kernel, and chooses a kernel if no configuration does. */
#include "config.h"
#include "lib/check/loader.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/path.h"
#include "lib/check/host.h"
#include "lib/check/mounting.h"
#include "lib/check/rules.h"
#include "lib/domain/model/vdev.h"
#include "lib/guest/fstab-table.h"
#include "lib/kernel/bzimage.h"
#include "lib/kernel/compat.h"
#include "lib/guest/kernels.h"
#include "lib/tree/mount.h"

const char *
domuimg_loader_describe (const DomuimgGuestBoot *boot)
{
  switch (boot->loader)
    {
    case DOMUIMG_LOADER_PVGRUB:
      return "GRUB for Xen";
    case DOMUIMG_LOADER_PYGRUB:
      return boot->reads_all ? "domuimg-bootloader" : "pygrub";
    case DOMUIMG_LOADER_FIRMWARE:
      return "the boot loader on the disk";
    default:
      return "Xen";
    }
}

/* Whether the host has @path, or @path is a name that libxl finds in its directory or along PATH. */
static gboolean
is_on_host (const DomuimgProfile *profile, const char *path)
{
  GPtrArray *files = profile->lists[DOMUIMG_PROFILE_FILES];
  g_autofree char *end = g_strconcat ("/", path, NULL);

  if (*path == '/')
    return domuimg_profile_has (profile, DOMUIMG_PROFILE_FILES, path)
           || (profile->name == NULL && g_file_test (path, G_FILE_TEST_EXISTS));
  for (guint i = 0; i < files->len; i++)
    if (g_str_has_suffix (files->pdata[i], end))
      return TRUE;
  return profile->name == NULL && g_find_program_in_path (path) != NULL;
}

/* Another place than where Xen's tools and GRUB lie is not in a profile. */
static gboolean
is_known (const DomuimgProfile *profile, const char *path)
{
  return profile != NULL && domuimg_profile_knows (profile, DOMUIMG_PROFILE_FILES)
         && (profile->name == NULL || *path != '/' || g_str_has_prefix (path, "/usr/lib")
             || g_str_has_prefix (path, "/usr/bin/"));
}

static void
check_bootloader_file (DomuimgMachine *self, const char *bootloader)
{
  if (!is_known (self->profile, bootloader))
    {
      domuimg_host_note_unknown (self, "bootloader %s", bootloader);
      return;
    }
  if (is_on_host (self->profile, bootloader))
    return;
  domuimg_finding_advise (domuimg_machine_report (self, "loader-missing", bootloader,
                                                  "the bootloader %s is not on the host",
                                                  bootloader),
                          self->boot.reads_all
                              ? "install domuimg there"
                              : "pygrub comes with Xen's tools (Debian: xen-utils)");
}

/* domuimg-bootloader --net */
static gboolean
is_from_network (DomuimgMachine *self)
{
  const char *args = domuimg_domain_get_bootloader_args (self->domain);
  g_auto (GStrv) words = g_strsplit (args != NULL ? args : "", " ", -1);

  for (char **word = words; *word != NULL; word++)
    if (g_str_equal (*word, "--net") || g_str_has_prefix (*word, "--net="))
      return TRUE;
  return FALSE;
}

/* (nullable) The value of the last --KEY=VALUE or --KEY VALUE. */
static char *
find_argument (char *const *words, const char *key)
{
  g_autofree char *option = g_strconcat ("--", key, NULL);
  gsize length = strlen (option);
  const char *found = NULL;

  for (guint i = 0; words[i] != NULL; i++)
    if (strncmp (words[i], option, length) == 0 && words[i][length] == '=')
      found = words[i] + length + 1;
    else if (g_str_equal (words[i], option) && words[i + 1] != NULL)
      found = words[i + 1];
  return g_strdup (found);
}

/* libxl makes arguments of kernel=, ramdisk= and cmdline=, before those of bootloader_args. */
static void
take_arguments (DomuimgMachine *self)
{
  g_auto (GStrv) list = domuimg_domain_list_bootloader_words (self->domain);
  const char *args = domuimg_domain_get_bootloader_args (self->domain);
  g_auto (GStrv) words = list != NULL ? g_steal_pointer (&list)
                                      : g_strsplit (args != NULL ? args : "", " ", -1);
  g_autofree char *kernel = find_argument (words, "kernel");
  g_autofree char *ramdisk = find_argument (words, "ramdisk");
  g_autofree char *cmdline = find_argument (words, "args");
  const char *initrd = ramdisk != NULL ? ramdisk : domuimg_domain_get_ramdisk (self->domain);

  self->boot.kernel_path
      = g_strdup (kernel != NULL ? kernel : domuimg_domain_get_kernel (self->domain));
  if (self->boot.kernel_path == NULL)
    return;
  if (initrd != NULL)
    g_ptr_array_add (self->boot.initrd_paths, g_strdup (initrd));
  self->boot.cmdline
      = g_strdup (cmdline != NULL ? cmdline : domuimg_domain_get_cmdline (self->domain) ?: "");
}

/* What pygrub's libfsimage, and the modules in GRUB's image, read. Of xfs, libfsimage knows what mkfs.xfs
 * made before there were checksums, and makes by -m crc=0. */
gboolean
domuimg_loader_reads (const DomuimgGuestBoot *boot, const DomuimgDevice *device)
{
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;
  static const char *const pygrub[] = { "ext2", "ext3", "ext4", "vfat", "iso9660", "reiserfs", "ufs",
                                        "zfs_member", NULL };
  static const char *const unread_by_grub[] = { "erofs", "bcachefs", "gfs2", "ocfs2", NULL };

  if (fs == NULL || boot->reads_all)
    return TRUE;
  if (boot->loader == DOMUIMG_LOADER_PYGRUB)
    return g_strv_contains (pygrub, fs)
           || (g_str_equal (fs, "xfs") && domuimg_mounting_get_xfs_version (device) == 4);
  return boot->loader != DOMUIMG_LOADER_PVGRUB || !g_strv_contains (unread_by_grub, fs);
}

static gboolean
find_bootloader (DomuimgMachine *self, const char *bootloader)
{
  g_autofree char *name = g_path_get_basename (bootloader);

  self->boot.reads_all = g_str_equal (name, "domuimg-bootloader");
  if (!self->boot.reads_all && !g_str_equal (name, "pygrub"))
    {
      domuimg_machine_report (self, "loader-unknown", bootloader,
                              "what the bootloader %s will choose is not known", bootloader);
      return FALSE;
    }
  if (self->boot.reads_all && is_from_network (self))
    {
      domuimg_machine_report (self, "loader-unknown", bootloader,
                              "the kernel comes from the network (--net), and is not known before");
      return FALSE;
    }
  self->boot.loader = DOMUIMG_LOADER_PYGRUB;
  take_arguments (self);
  check_bootloader_file (self, bootloader);
  return TRUE;
}

/* A bzImage, which GRUB's image never is, and which takes long to unpack. */
static gboolean
is_linux (const char *path)
{
  g_auto (DomuimgFd) fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  guint8 head[4096];
  gssize got = fd >= 0 ? pread (fd, head, sizeof head, 0) : -1;

  return got > 0 && domuimg_bzimage_is (domuimg_bytes (head, got));
}

/* GRUB's image says so in its notes; where it is not here, its usual names do. */
static gboolean
is_grub (DomuimgMachine *self, const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  g_autoptr (DomuimgKernel) kernel = NULL;
  g_auto (GStrv) notes = NULL;

  if (strstr (name, "pvgrub") != NULL
      || (g_str_has_prefix (name, "grub-") && strstr (name, "-xen") != NULL))
    return TRUE;
  if (g_str_has_prefix (name, "vmlinuz"))
    return FALSE;
  if (is_linux (domuimg_machine_where (self, path)))
    return FALSE;
  kernel = domuimg_kernel_new_for_file (domuimg_machine_where (self, path), NULL);
  notes = kernel != NULL ? domuimg_kernel_get_notes (kernel) : NULL;
  for (guint i = 0; notes != NULL && notes[i] != NULL; i++)
    if (g_str_has_prefix (notes[i], "GUEST_OS") && strstr (notes[i], "GRUB") != NULL)
      return TRUE;
  return FALSE;
}

/* GRUB's image is a kernel to Xen; where it is not here, its usual name says for which guests. */
static gboolean
check_image_type (DomuimgMachine *self, const char *path)
{
  g_autoptr (DomuimgKernel) image
      = domuimg_kernel_new_for_file (domuimg_machine_where (self, path), NULL);
  gboolean pvh = self->type == DOMUIMG_GUEST_TYPE_PVH;
  g_autofree char *reason = NULL;

  if (image != NULL
          ? domuimg_kernel_find_problem (image, self->type, DOMUIMG_LOADER_DIRECT, self->xen, &reason)
                == DOMUIMG_COMPAT_FINE
          : !g_str_has_suffix (path, pvh ? "/grub-x86_64-xen.bin" : "/grub-i386-xen_pvh.bin"))
    return TRUE;
  domuimg_finding_advise (
      domuimg_machine_report (self, "kernel-type", path, "GRUB's image %s is not for %s guests%s%s",
                              path, pvh ? "PVH" : "PV", reason != NULL ? ": " : "",
                              reason != NULL ? reason : ""),
      "take %s", pvh ? "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"
                     : "/usr/lib/grub-xen/grub-x86_64-xen.bin");
  return FALSE;
}

static gboolean
find_pvgrub (DomuimgMachine *self, const char *kernel)
{
  g_autoptr (GError) error = NULL;
  struct stat status;

  self->boot.loader = DOMUIMG_LOADER_PVGRUB;
  if (kernel == NULL)
    return TRUE;
  if (!domuimg_path_look (domuimg_machine_where (self, kernel), &status, &error))
    {
      domuimg_machine_report_error (self, "file-unreadable", kernel, error);
      return FALSE;
    }
  if (!S_ISREG (status.st_mode))
    {
      /* Where the guest will run, it may be. */
      if (!is_known (self->profile, kernel))
        {
          domuimg_host_note_unknown (self, "GRUB for Xen, %s", kernel);
          return check_image_type (self, kernel);
        }
      if (is_on_host (self->profile, kernel))
        return check_image_type (self, kernel);
      domuimg_finding_advise (domuimg_machine_report (self, "loader-missing", kernel,
                                                      "GRUB for Xen, %s, is not on the host",
                                                      kernel),
                              "install it (Debian: apt install grub-xen-host)");
      return FALSE;
    }
  return check_image_type (self, kernel);
}

gboolean
domuimg_loader_find (DomuimgMachine *self)
{
  const char *kernel = domuimg_domain_get_kernel (self->domain);
  const char *bootloader = domuimg_domain_get_bootloader (self->domain);
  const char *firmware = domuimg_domain_get_firmware (self->domain);

  self->boot.loader = DOMUIMG_LOADER_DIRECT;
  if (self->type == DOMUIMG_GUEST_TYPE_HVM)
    {
      if (kernel == NULL)
        self->boot.loader = DOMUIMG_LOADER_FIRMWARE;
      return TRUE;
    }
  if (bootloader != NULL)
    return find_bootloader (self, bootloader);
  if (firmware != NULL && g_str_has_prefix (firmware, "pvgrub"))
    return find_pvgrub (self, NULL);
  if (kernel != NULL)
    return is_grub (self, kernel) ? find_pvgrub (self, kernel) : TRUE;
  if (self->is_image)
    return TRUE;
  domuimg_finding_advise (domuimg_machine_report (self, "config-no-kernel", NULL,
                                                  "neither kernel= nor bootloader= is set, and a"
                                                  " %s guest has no firmware that would find one",
                                                  domuimg_guest_type_to_string (self->type)),
                          "set kernel= and ramdisk=, or bootloader=\"pygrub\"");
  return FALSE;
}

static gboolean
has_uefi (DomuimgMachine *self)
{
  const char *firmware = domuimg_domain_get_firmware (self->domain);

  return g_strcmp0 (firmware, "uefi") == 0 || g_strcmp0 (firmware, "ovmf") == 0;
}

/* libxl gives QEMU what is called xvda to xvdd (and hdX), and sdX; the others are there only for a
 * kernel with Xen's drivers. */
static gboolean
is_emulated (const char *vdev)
{
  guint disk, partition;

  return g_str_has_prefix (vdev, "sd") || !domuimg_vdev_parse (vdev, &disk, &partition) || disk < 4;
}

static gboolean
check_emulated (DomuimgMachine *self)
{
  GPtrArray *disks = domuimg_domain_get_disks (self->domain);
  const char *vdev = NULL;

  for (guint i = 0; i < disks->len; i++)
    {
      vdev = domuimg_domain_disk_get_vdev (g_ptr_array_index (disks, i));
      if (vdev == NULL || is_emulated (vdev))
        return TRUE;
    }
  if (vdev == NULL)
    return TRUE;
  domuimg_finding_advise (
      domuimg_machine_report (self, "image-no-boot-loader", vdev,
                              "the firmware does not see %s: only xvda to xvdd are disks to it", vdev),
      "call the disk xvda");
  return FALSE;
}

gboolean
domuimg_loader_check_firmware (DomuimgMachine *self)
{
  g_autoptr (GError) error = NULL;
  gboolean uefi = has_uefi (self);
  DomuimgImage *image;
  gboolean has;

  if (self->images->len == 0 || !check_emulated (self))
    return FALSE;
  image = g_ptr_array_index (self->images, 0);
  if (uefi ? !domuimg_image_has_esp (image, &has, &error)
           : !domuimg_image_has_boot_code (image, &has, &error))
    {
      domuimg_machine_report_error (self, "image-unreadable", domuimg_image_get_path (image), error);
      return FALSE;
    }
  if (has)
    return TRUE;
  domuimg_finding_advise (
      domuimg_machine_report (self, "image-no-boot-loader", domuimg_image_get_path (image),
                              uefi ? "the first disk has no EFI system partition for the UEFI"
                                   : "the first disk has no boot code for the BIOS"),
      "make it a PV or PVH guest with kernel= and ramdisk=, or install a boot loader on the disk");
  return FALSE;
}

/* The trees were opened when the menu was sought; what could not be opened may hold anything. */
static gboolean
is_esp_without_loader (const DomuimgDevice *device)
{
  return domuimg_volume_is_esp (device->volume) && !device->broken
         && (device->tree == NULL || !domuimg_tree_is_dir (device->tree, "EFI"));
}

static gboolean
is_without_partitions (DomuimgImage *image)
{
  GPtrArray *partitions = domuimg_image_list_partitions (image, NULL);

  return partitions != NULL && partitions->len == 0 && domuimg_image_get_table (image) != NULL;
}

static gboolean
is_empty (DomuimgMachine *self, DomuimgImage *image)
{
  if (!has_uefi (self))
    return is_without_partitions (image);
  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->image == image && device->volume != NULL
          && domuimg_volume_is_esp (device->volume) && !is_esp_without_loader (device))
        return FALSE;
    }
  return TRUE;
}

gboolean
domuimg_loader_check_empty (DomuimgMachine *self)
{
  DomuimgImage *image = g_ptr_array_index (self->images, 0);

  if (self->boot.loader != DOMUIMG_LOADER_FIRMWARE || !is_empty (self, image))
    return FALSE;
  domuimg_finding_advise (
      domuimg_machine_report (self, "image-no-boot-loader", domuimg_image_get_path (image),
                              has_uefi (self)
                                  ? "the EFI system partition of the first disk holds no loader"
                                  : "the first disk has no partition that its boot code could start"),
      "install a system with a boot loader on the disk");
  return TRUE;
}

/* Without one on the command line, the root is where the kernel was found. */
static char *
make_cmdline (const DomuimgDevice *root)
{
  if (root->volume->uuid != NULL)
    return g_strdup_printf ("root=UUID=%s ro console=hvc0", root->volume->uuid);
  return g_strdup_printf ("root=/dev/%s ro console=hvc0", root->name);
}

/* What is on the filesystem for kernels, mounted at @where (nullable). */
static char *
path_on (const char *where, const char *path)
{
  gsize length = where != NULL ? strlen (where) : 0;

  return g_strdup (length > 0 && strncmp (path, where, length) == 0 && path[length] == '/'
                       ? path + length + 1
                       : path);
}

static void
take_choice (DomuimgMachine *self, DomuimgDevice *root, DomuimgDevice *boot, const char *where,
             DomuimgKernelChoice *choice)
{
  const char *cmdline = domuimg_domain_get_cmdline (self->domain);

  self->boot.in_guest = TRUE;
  self->boot_device = boot;
  self->boot_tree = boot->tree;
  self->boot.kernel_path = path_on (where, choice->vmlinuz);
  self->boot.kernel = g_steal_pointer (&choice->kernel);
  if (choice->initrd != NULL)
    g_ptr_array_add (self->boot.initrd_paths, path_on (where, choice->initrd));
  self->boot.cmdline = cmdline != NULL           ? g_strdup (cmdline)
                       : choice->cmdline != NULL ? g_strdup (choice->cmdline)
                                                 : make_cmdline (root);
}

/* PVH before PV, as wherever a type is chosen. */
static gboolean
suits (DomuimgMachine *self, DomuimgKernel *kernel)
{
  static const DomuimgGuestType order[] = { DOMUIMG_GUEST_TYPE_PVH, DOMUIMG_GUEST_TYPE_PV };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if ((self->type_is_chosen || self->type == order[i])
        && domuimg_kernel_find_problem (kernel, order[i], DOMUIMG_LOADER_DIRECT, self->xen, NULL)
               == DOMUIMG_COMPAT_FINE)
      {
        self->type = order[i];
        return TRUE;
      }
  return FALSE;
}

/* The newest that this Xen starts; else the newest, for the rules to say why not. What lies
 * around it, such as its initramfs, is for the rules in any case. */
static DomuimgKernelChoice *
choose (DomuimgMachine *self, DomuimgTree *tree, GPtrArray *choices)
{
  DomuimgKernelChoice *newest = NULL;

  for (guint i = 0; i < choices->len; i++)
    {
      DomuimgKernelChoice *choice = g_ptr_array_index (choices, i);

      if (!domuimg_kernel_choice_load (choice, tree, NULL))
        continue;
      if (suits (self, choice->kernel))
        return choice;
      if (newest == NULL)
        newest = choice;
      else
        g_clear_object (&choice->kernel);
    }
  return newest != NULL || choices->len == 0 ? newest : g_ptr_array_index (choices, 0);
}

/* (nullable) What the guest mounts for kernels, where none is in the /boot of its root: the first of these
 * mount points that has one. */
static DomuimgDevice *
find_boot (DomuimgMachine *self, const DomuimgDevice *root, const char **where)
{
  static const char *const points[] = { "/boot", "/efi", "/boot/efi" };
  g_autofree char *text = domuimg_tree_read_text (root->tree, "etc/fstab", NULL);
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text != NULL ? text : "");

  *where = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (points) && !domuimg_kernel_is_in (root->tree, "boot"); i++)
    {
      const DomuimgFstabEntry *entry = domuimg_fstab_find (fstab, points[i]);
      DomuimgDevice *device = entry != NULL ? domuimg_machine_find_device (self, entry->spec) : NULL;

      if (device == NULL || domuimg_machine_open_tree (self, device) == NULL
          || (i > 0 && !domuimg_guest_is_boot (device->tree)))
        continue;
      *where = points[i] + 1;
      return device;
    }
  return NULL;
}

void
domuimg_loader_choose_kernel (DomuimgMachine *self)
{
  DomuimgDevice *root = domuimg_machine_guess_root (self);
  const char *where = NULL;
  DomuimgDevice *boot = root != NULL ? find_boot (self, root, &where) : NULL;
  g_autoptr (DomuimgTree) tree = NULL;
  g_autoptr (GPtrArray) choices = NULL;
  g_autoptr (GError) error = NULL;
  DomuimgKernelChoice *choice;

  if (root == NULL)
    return;
  tree = boot != NULL ? domuimg_tree_mount_new (root->tree, where, boot->tree)
                      : g_object_ref (root->tree);
  choices = domuimg_guest_list_kernels (tree, &error);
  choice = choices != NULL ? choose (self, tree, choices) : NULL;
  if (choice != NULL)
    take_choice (self, root, boot != NULL ? boot : root, where, choice);
}
