/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/types.h"
#include "lib/image/devices.h"
#include "lib/tree/tree.h"

/* Makes a system that was installed on another hypervisor's machine fit a domU: only as much is
 * changed as that needs, each original is kept in the guest, and a second run changes nothing.
 * Nothing of the guest is run. */

typedef struct {
  char *old_mac; /* (nullable) on the old machine, lower case */
  char *mac;     /* in the domU */
} DomuimgConvertNic;

typedef struct {
  DomuimgGuestType type; /* PV and PVH talk on hvc0, HVM on ttyS0 */
  guint n_disks;
  GPtrArray *volumes;    /* (element-type DomuimgDevice) partitions, filesystems, logical volumes */
  const DomuimgDevice *root; /* (unowned) what holds the root */
  GPtrArray *nics;       /* (element-type DomuimgConvertNic) in their order */
  gboolean keep_tools;   /* the old hypervisor's guest tools stay enabled */
  gboolean no_backup;    /* originals are not kept */
} DomuimgConversion;

DomuimgConversion *domuimg_conversion_new (void);
void domuimg_conversion_free (DomuimgConversion *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgConversion, domuimg_conversion_free)
/* Owned by @self. */
DomuimgDevice *domuimg_conversion_add_volume (DomuimgConversion *self, const char *name,
                                              guint disk, const DomuimgVolume *volume);
void domuimg_conversion_add_nic (DomuimgConversion *self, const char *old_mac, const char *mac);

/* The volume that the guest's fstab mounts at @point ("/boot"); NULL where it names none that is
 * known. */
const DomuimgDevice *domuimg_conversion_find_mounted (const DomuimgConversion *self,
                                                      DomuimgTree *root, const char *point);

/* @root is the guest's root, @boot (nullable) its separate /boot, and @whole both put together;
 * all are writable. @changes (element-type utf8) gets one line for each change; what could not be
 * done is a line that starts with "warning: ". */
gboolean domuimg_conversion_run (const DomuimgConversion *self, DomuimgTree *root,
                                 DomuimgTree *boot, DomuimgTree *whole, GPtrArray *changes,
                                 GCancellable *cancellable, GError **error);

typedef enum {
  DOMUIMG_SYSTEM_UNKNOWN,
  DOMUIMG_SYSTEM_LINUX,
  DOMUIMG_SYSTEM_WINDOWS,
  DOMUIMG_SYSTEM_BSD,
} DomuimgSystem;

/* By the files of a root filesystem; @name (transfer full) is for a person ("Debian GNU/Linux 12",
 * "Windows"). UNKNOWN if it is not the root of a system. */
DomuimgSystem domuimg_system_of_tree (DomuimgTree *tree, char **name);
/* Whether Windows has left its memory there, so that its filesystem must not be changed. */
gboolean domuimg_system_is_hibernated (DomuimgTree *tree);
