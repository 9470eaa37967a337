/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checks that root= exists and names the device that holds the guest's root. */
#include "config.h"
#include "lib/check/rules.h"

#include <string.h>

#include "lib/check/initramfs.h"
#include "lib/guest/root.h"
#include "lib/check/offers.h"

/* What the kernel itself finds without an initramfs: names, and what partition tables say. */
static gboolean
is_for_kernel (const char *root)
{
  return g_str_has_prefix (root, "/dev/") || g_str_has_prefix (root, "PARTUUID=")
         || g_str_has_prefix (root, "PARTLABEL=");
}

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

static void
report_missing (DomuimgMachine *self)
{
  if (self->devices->len == 0)
    {
      domuimg_machine_report (self, "root-unknown", NULL, "there is neither root= nor a disk");
      return;
    }
  offer (self, domuimg_machine_report (self, "root-missing", self->boot.cmdline,
                                       "the kernel's command line has no root="));
}

/* From the network, or by what only an initramfs knows. */
static gboolean
is_elsewhere (const char *root)
{
  static const char *const elsewhere[] = { "/dev/nfs", "nfs:", "nfs4:", "nbd:", "iscsi:", "live:",
                                           "http:", "https:", "ZFS=", "zfs:", "overlay:" };

  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    if (g_str_has_prefix (root, elsewhere[i]))
      return TRUE;
  return FALSE;
}

static gboolean
has_lost_volume (DomuimgMachine *self)
{
  for (guint i = 0; i < self->devices->len; i++)
    {
      const DomuimgDevice *device = g_ptr_array_index (self->devices, i);

      if (device->volume != NULL && g_strcmp0 (device->volume->fs, "crypto_LUKS") == 0)
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

static gboolean
check_content (DomuimgMachine *self, const char *root)
{
  DomuimgDevice *device = self->root;
  DomuimgTree *tree = domuimg_machine_open_tree (self, device);
  const char *fs = device->volume != NULL ? device->volume->fs : NULL;

  if (tree != NULL && domuimg_guest_root_is (tree))
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
  g_auto (GStrv) types = type != NULL ? g_strsplit (type, ",", -1) : NULL;

  if (types != NULL && fs != NULL && !g_strv_contains ((const char *const *) types, fs)
      && !g_str_has_prefix (fs, "ext"))
    domuimg_offer_parameter (domuimg_machine_report (self, "root-filesystem", type,
                                                     "rootfstype=%s, and the root is %s", type,
                                                     fs),
                             self, "rootfstype", fs);
}

/* (nullable) What the command line says, or else the initramfs. */
static char *
find_root (DomuimgMachine *self)
{
  char *root = domuimg_machine_get_parameter (self, "root");

  if (root != NULL)
    return root;
  domuimg_initramfs_read_ahead (self);
  return self->ahead != NULL ? g_strdup (domuimg_initramfs_get_root (self->ahead)) : NULL;
}

void
domuimg_check_root (DomuimgMachine *self)
{
  g_autofree char *root = NULL;

  if (self->boot.cmdline == NULL || self->installs)
    return;
  root = find_root (self);
  if (root == NULL)
    {
      report_missing (self);
      return;
    }
  if (is_elsewhere (root))
    {
      domuimg_machine_report (self, "root-unknown", root, "root=%s is not on a disk", root);
      return;
    }
  self->root = domuimg_machine_find_device (self, root);
  if (self->root == NULL)
    report_device (self, root);
  else if (self->boot.initrd_paths->len == 0 && !is_for_kernel (root))
    offer (self, domuimg_machine_report (self, "root-device", root,
                                         "root=%s is for an initramfs, and there is none: the"
                                         " kernel itself knows no such names",
                                         root));
  else if (check_content (self, root))
    {
      self->tree = self->root->tree;
      self->info = domuimg_guest_info_new (self->tree, NULL);
      check_type (self);
    }
}
