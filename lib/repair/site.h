/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/boot.h"
#include "lib/guest/edit.h"
#include "lib/image/devices.h"
#include "lib/repair/work.h"

/* What repairs work on: the files of a guest, its devices, what it is started with and the text of
 * its configuration. What it points to is the caller's, but for @config. */
typedef struct {
  const char *name; /* for messages: the path of the configuration or image, "the guest" */
  const DomuimgGuestBoot *loaded;
  GPtrArray *devices;           /* (element-type DomuimgDevice) (nullable) */
  const DomuimgDevice *root_device; /* (nullable) that holds the root */
  const DomuimgDevice *boot_device; /* (nullable) a separate /boot */
  DomuimgEdit root; /* of the guest's root; its tree may be NULL, see domuimg_repair_get_root */
  DomuimgEdit boot; /* likewise of a separate filesystem with the boot menu */
  char *config;     /* (nullable) text of the configuration, as it will be written */
  DomuimgRepairWork *work; /* (nullable) the trees are all there is */
} DomuimgRepairSite;

/* Does what was offered, with the text that was given with the offer. */
typedef gboolean (*DomuimgRepair) (DomuimgRepairSite *site, const char *argument, GError **error);
/* One that only needs the files of the root. */
typedef gboolean (*DomuimgEditRepair) (DomuimgEdit *edit, const char *argument, GError **error);

/* What holds the root, or the boot menu, its tree opened on first use, which copies the image; NULL
 * only with an error. */
DomuimgEdit *domuimg_repair_get_root (DomuimgRepairSite *self, GError **error);
DomuimgEdit *domuimg_repair_get_boot (DomuimgRepairSite *self, GError **error);
/* The path of a copy of a file of the host, which replaces it in the end. */
const char *domuimg_repair_get_file (DomuimgRepairSite *self, const char *path, GError **error);
/* Where the filesystem of a device is to be changed by other means than a tree: none of it is open
 * then. Its bytes, writable; NOT_SUPPORTED for what is not raw. */
DomuimgRegion *domuimg_repair_get_volume (DomuimgRepairSite *self, const DomuimgDevice *device,
                                          GError **error);

/* Sets a key of the configuration (see domuimg_xl_file_edit). */
gboolean domuimg_repair_set_config (DomuimgRepairSite *self, const char *key, const char *value,
                                    GError **error);
/* Sets KEY=VALUE on the kernel's command line where that comes from: the configuration, or the
 * guest's boot menu and what the guest makes it from. There @value may be NULL: it is taken out. */
gboolean domuimg_repair_set_parameter (DomuimgRepairSite *self, const char *key,
                                       const char *value, GError **error);
/* (element-type utf8) Names of the modules on the way to Xen's disks, to @root (nullable) and to
 * Xen's network that the kernel neither has built in nor in its initramfs. @tree is the guest's. */
GPtrArray *domuimg_repair_list_missing_modules (DomuimgGuestBoot *boot, DomuimgTree *tree,
                                                const DomuimgVolume *root);

/* The repairs, with their arguments, parts of which are separated by tabs. */
/* A key of the configuration, and its value as it stands in xl.cfg; without one it is taken out. */
gboolean domuimg_repair_config (DomuimgRepairSite *self, const char *argument, GError **error);
/* A key of the configuration, and the name that it gets. */
gboolean domuimg_repair_rename (DomuimgRepairSite *self, const char *argument, GError **error);
/* A disk's vdev and its format. */
gboolean domuimg_repair_disk_format (DomuimgRepairSite *self, const char *argument,
                                     GError **error);
/* A device and features, separated by commas, that its filesystem is to lose. */
gboolean domuimg_repair_features (DomuimgRepairSite *self, const char *argument, GError **error);
/* A key of the kernel's command line and its value. */
gboolean domuimg_repair_parameter (DomuimgRepairSite *self, const char *argument, GError **error);
/* Modules, separated by commas, for the initramfs. */
gboolean domuimg_repair_initramfs (DomuimgRepairSite *self, const char *argument, GError **error);
