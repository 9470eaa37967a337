/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that root= exists and names the device that holds the guest's root. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/base/guest-type.h"
#include "lib/check/initramfs.h"
#include "lib/check/mounting.h"
#include "lib/check/root-names.h"
#include "lib/guest/fstab-table.h"
#include "lib/guest/root.h"
#include "lib/tree/mount.h"
#include "lib/check/offers.h"

/* What root= should say. */
static char *
name_root (DomuimgMachine *self, const DomuimgDevice *device)
{
  if (device->volume->uuid != NULL && self->boot.initrd_paths->len > 0)
    return g_strdup_printf ("UUID=%s", device->volume->uuid);
  if (device->volume->lv != NULL)
    return g_strdup_printf ("/dev/%s", device->volume->lv);
  return g_strdup_printf ("/dev/%s", device->name);
}

/* Where there is one filesystem only that can be meant, it is the remedy. */
static void
offer (DomuimgMachine *self, DomuimgFinding *finding)
{
  DomuimgDevice *device = domuimg_machine_guess_root (self);
  g_autofree char *name = device != NULL ? name_root (self, device) : NULL;

  if (name != NULL)
    domuimg_offer_parameter (finding, self, "root", name);
  else
    domuimg_finding_advise (finding, "set root= to the filesystem that holds the guest's root"
                                     " (blkid names it)");
}

/* What was made by hand needs no root=: its /init knows, or there is nothing but it. */
static gboolean
is_system_of_its_own (DomuimgMachine *self)
{
  if (self->ahead == NULL || domuimg_initramfs_is_of_a_distribution (self->ahead))
    return FALSE;
  if (!domuimg_initramfs_starts_login (self->ahead, domuimg_guest_type_get_console (self->type)))
    domuimg_machine_report (self, "root-unknown", NULL,
                            "the initramfs is not one that goes by root=: whether"
                            " it starts a login on %s is not known",
                            domuimg_guest_type_get_console (self->type));
  return TRUE;
}

/* Where there is no root=, systemd-gpt-auto-generator(8) looks for it by types of partitions. */
static gboolean
has_systemd (DomuimgMachine *self)
{
  return self->ahead != NULL
         && (domuimg_initramfs_has_file (self->ahead, "usr/lib/systemd/systemd")
             || domuimg_initramfs_has_file (self->ahead, "lib/systemd/systemd"));
}

static void
report_missing (DomuimgMachine *self)
{
  if (is_system_of_its_own (self))
    return;
  if (has_systemd (self))
    {
      domuimg_finding_advise (
          domuimg_machine_report (self, "root-unknown", self->boot.cmdline,
                                  "the kernel's command line has no root=, and systemd in the initramfs"
                                  " may find the root by itself"),
          "set root= to the filesystem that holds the guest's root (blkid names it)");
      return;
    }
  if (self->devices->len == 0)
    {
      domuimg_machine_report (self, "root-unknown", NULL, "there is neither root= nor a disk");
      return;
    }
  offer (self, domuimg_machine_report (self, "root-missing", self->boot.cmdline,
                                       "the kernel's command line has no root="));
}

static void
report_memory (DomuimgMachine *self, const char *root)
{
  self->root_is_elsewhere = TRUE;
  if (!is_system_of_its_own (self))
    domuimg_machine_report (self, "root-unknown", root,
                            "root=%s is the initramfs itself, and what it goes on with is not known",
                            root);
}

static gboolean
has_lost_volume (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->volume != NULL
          && (g_strcmp0 (device->volume->fs, "crypto_LUKS") == 0
              || g_strcmp0 (device->volume->fs, "linux_raid_member") == 0))
        return TRUE;
    }
  return FALSE;
}

static void
report_device (DomuimgMachine *self, const char *root)
{
  g_autoptr (GString) names = g_string_new (NULL);

  if (self->devices->len < domuimg_domain_get_disks (self->domain)->len || has_lost_volume (self))
    {
      domuimg_machine_report (self, "root-unknown", root,
                              "root=%s may be on a disk that could not be read", root);
      return;
    }
  for (guint i = 0; i < self->devices->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            ((DomuimgDevice *) self->devices->pdata[i])->name);
  offer (self, domuimg_machine_report (self, "root-device", root,
                                       "root=%s does not exist in this guest (its disks: %s)", root,
                                       names->len > 0 ? names->str : "none"));
}

/* (nullable) The root with the /usr that its initramfs mounts, where programs are there only. */
static DomuimgTree *
find_with_usr (DomuimgMachine *self, DomuimgTree *root)
{
  g_autofree char *text = domuimg_tree_read_text (root, "etc/fstab", NULL);
  g_autoptr (DomuimgFstab) fstab = domuimg_fstab_parse (text != NULL ? text : "");
  const DomuimgFstabEntry *entry = domuimg_fstab_find (fstab, "/usr");
  DomuimgDevice *device = entry != NULL ? domuimg_machine_find_device (self, entry->spec) : NULL;
  DomuimgTree *usr = device != NULL ? domuimg_machine_open_tree (self, device) : NULL;

  domuimg_initramfs_read_ahead (self);
  if (usr == NULL || self->ahead == NULL || !domuimg_initramfs_is_of_a_distribution (self->ahead)
      || !domuimg_tree_is_dir (root, "usr"))
    return NULL;
  return domuimg_tree_mount_new (root, "usr", usr);
}

/* Linux looks for the second copy only where it is told to. */
static void
check_table (DomuimgMachine *self)
{
  const DomuimgDevice *device = self->root;
  g_autofree char *told = domuimg_machine_get_parameter (self, "gpt");

  if (told == NULL && device->image != NULL && device->volume != NULL && device->volume->number > 0
      && domuimg_image_has_damaged_gpt (device->image))
    domuimg_finding_advise (
        domuimg_machine_report (self, "partition-table", device->name,
                                "the first copy of the partition table is damaged, and Linux does not"
                                " look for the second: it will find no %s",
                                device->name),
        "sgdisk -e, or gdisk's r and d, on the image; or gpt on the kernel's command line");
}

static gboolean
check_content (DomuimgMachine *self, const char *root)
{
  DomuimgDevice *device = self->root;
  DomuimgTree *tree = domuimg_machine_open_tree (self, device);
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;

  if (tree != NULL)
    self->whole = find_with_usr (self, tree);
  if (tree != NULL && domuimg_guest_root_is (self->whole != NULL ? self->whole : tree))
    return TRUE;
  if (!device->broken)
    offer (self, domuimg_machine_report (
                     self, "root-filesystem", root, "root=%s means %s, which holds %s%s", root,
                     device->name,
                     device->volume == NULL ? "a partition table" : fs != NULL ? fs : "nothing",
                     tree != NULL ? " without an operating system" : ""));
  return FALSE;
}

static void
check_type (DomuimgMachine *self)
{
  g_autofree char *type = domuimg_machine_get_parameter (self, "rootfstype");
  const char *fs = self->root->volume->fs;

  if (type != NULL && fs != NULL && !domuimg_mounting_is_type (type, fs))
    domuimg_offer_parameter (domuimg_machine_report (self, "root-filesystem", type,
                                                     "rootfstype=%s, and the root is %s", type,
                                                     fs),
                             self, "rootfstype", fs);
}

static void
check_flags (DomuimgMachine *self)
{
  g_autofree char *flags = domuimg_machine_get_parameter (self, "rootflags");
  const char *fs = self->root->volume->fs;
  gboolean is_likely = FALSE;
  g_autofree char *unknown
      = flags != NULL && fs != NULL
            ? domuimg_mounting_find_unknown_option (self, fs, flags, &is_likely)
            : NULL;

  if (unknown != NULL)
    domuimg_finding_advise (
        domuimg_machine_report_as (
            self, is_likely ? DOMUIMG_SEVERITY_UNKNOWN : DOMUIMG_SEVERITY_ERROR, "root-options",
            unknown,
            is_likely ? "rootflags=%s: %s may have no option “%s”: then the root is not mounted"
                      : "rootflags=%s: %s has no option “%s”, and the root is not mounted",
            flags, fs, unknown),
        "take it out of the kernel's command line");
}

static void
check_obstacle (DomuimgMachine *self)
{
  g_autofree char *flags = domuimg_machine_get_parameter (self, "rootflags");
  g_autoptr (DomuimgObstacle) obstacle = domuimg_mounting_find_obstacle (self, self->root, flags);

  if (obstacle == NULL)
    return;
  domuimg_finding_advise (
      domuimg_machine_report_as (self,
                                 obstacle->is_likely ? DOMUIMG_SEVERITY_UNKNOWN : DOMUIMG_SEVERITY_ERROR,
                                 obstacle->id, obstacle->evidence,
                                 "the kernel %s mount the root, %s: %s",
                                 obstacle->is_likely ? "may not" : "cannot", self->root->name,
                                 obstacle->reason),
      g_str_equal (obstacle->id, "filesystem-readonly")
          ? "give the guest the disk to write (w in place of r), or run e2fsck -p on the image"
          : "copy the files to a filesystem that this kernel mounts, or take a newer kernel");
}

/* (nullable) What the initramfs mounts by itself. */
static char *
find_own (DomuimgMachine *self)
{
  char *root = self->ahead != NULL ? g_strdup (domuimg_initramfs_get_root (self->ahead)) : NULL;

  if (root != NULL || self->ahead == NULL || domuimg_initramfs_is_of_a_distribution (self->ahead))
    return root;
  return domuimg_initramfs_find_mounted (self->ahead);
}

/* "/dev/ram0" is what loaders have said since there were initial disks in memory: an initramfs is that
 * root. */
static gboolean
is_memory (DomuimgMachine *self, const char *root)
{
  return self->boot.initrd_paths->len > 0 && g_str_has_prefix (root, "/dev/ram");
}

/* (nullable) What the command line says, or else the initramfs. */
static char *
find_root (DomuimgMachine *self)
{
  char *root = domuimg_machine_get_parameter (self, "root");
  char *own;

  domuimg_initramfs_read_ahead (self);
  if (root != NULL && self->ahead != NULL
      && domuimg_initramfs_has_file (self->ahead, "scripts/functions"))
    {
      /* It reads /proc/cmdline in words, and quotes are a part of them. */
      g_free (root);
      return domuimg_guest_boot_get_raw (&self->boot, "root");
    }
  if (root != NULL && !is_memory (self, root))
    return root;
  own = find_own (self);
  if (own == NULL)
    return root;
  g_free (root);
  return own;
}

/* What is found without the guest's disks, or by other means than root=. TRUE where it is. */
static gboolean
report_elsewhere (DomuimgMachine *self, const char *root)
{
  g_autofree char *script = domuimg_root_find_script (self);

  if (script != NULL)
    domuimg_machine_report (self, "root-unknown", script,
                            "boot=%s has the initramfs look for the root in its own way", script);
  else if (root != NULL && domuimg_root_is_elsewhere (self, root))
    domuimg_machine_report (self, "root-unknown", root, "root=%s is not on a disk", root);
  else
    return FALSE;
  self->root_is_elsewhere = TRUE;
  return TRUE;
}

static void
check_device (DomuimgMachine *self, const char *root)
{
  g_autofree char *name = domuimg_root_name_of_number (root);

  self->root = domuimg_machine_find_device (self, name != NULL ? name : root);
  if (self->root == NULL)
    report_device (self, root);
  else if (self->boot.initrd_paths->len == 0 && !domuimg_root_is_for_kernel (root))
    offer (self, domuimg_machine_report (self, "root-device", root,
                                         "root=%s is for an initramfs, and there is none: the"
                                         " kernel itself knows no such names",
                                         root));
  else if (check_content (self, root))
    {
      self->tree = self->whole != NULL ? self->whole : self->root->tree;
      g_clear_pointer (&self->info, domuimg_guest_info_free);
      self->info = domuimg_guest_info_new (self->tree, NULL);
      check_type (self);
      check_flags (self);
      check_obstacle (self);
      check_table (self);
    }
}

void
domuimg_check_root (DomuimgMachine *self)
{
  g_autofree char *root = NULL;

  if (self->boot.cmdline == NULL || self->installs)
    return;
  root = find_root (self);
  if (report_elsewhere (self, root))
    return;
  if (root == NULL)
    report_missing (self);
  else if (is_memory (self, root))
    report_memory (self, root);
  else
    check_device (self, root);
}
