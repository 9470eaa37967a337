/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* The block devices of a guest, and every name that one of its files may have for one. A list is
 * a GPtrArray of DomuimgDevice, in the order of the guest's disks. */

typedef struct {
  char *name;                  /* as the guest's Linux calls it: "xvda", "xvda1", or "VG/LV" */
  guint disk;                  /* which of the guest's disks, from 0 */
  DomuimgImage *image;         /* (unowned) (nullable) */
  const DomuimgVolume *volume; /* (unowned) (nullable) a whole disk with a partition table */
  DomuimgTree *tree;           /* (nullable) its files, where somebody has opened them */
  gboolean broken;             /* its tree could not be opened, and that is reported */
} DomuimgDevice;

GPtrArray *domuimg_devices_new (void);
/* What is added is the list's. */
DomuimgDevice *domuimg_devices_add (GPtrArray *self, const char *name, guint disk,
                                    DomuimgImage *image, const DomuimgVolume *volume);
/* All that is on one disk: each volume, and the disk itself where it has partitions; @name is
 * the disk's, "xvda". */
void domuimg_devices_add_volumes (GPtrArray *self, const char *name, guint disk,
                                  DomuimgImage *image, GPtrArray *volumes);
/* (unowned) The first that is called so, see domuimg_device_is_called; NULL if there is none. */
DomuimgDevice *domuimg_devices_find (GPtrArray *self, const char *spec);
/* Whether the guest's files may call it @spec: "/dev/xvda1", "UUID=…", "LABEL=…", "PARTUUID=…",
 * "PARTLABEL=…" (with or without quotes), the links that udev makes of these ("/dev/disk/by-uuid/…"
 * and its kin, "/dev/disk/by-id/dm-name-…"), "/dev/VG/LV", "/dev/mapper/VG-LV". */
gboolean domuimg_device_is_called (const DomuimgDevice *self, const char *spec);

/* Whether @spec is a tag of the volume: "UUID=…" and its kin, as above. */
gboolean domuimg_volume_is_tagged (const DomuimgVolume *self, const char *spec);
/* Whether @spec is one of the four tags, "UUID=…". */
gboolean domuimg_device_spec_is_tag (const char *spec);
/* "sda1", "hdb", "vda2", "xvda3", "nvme0n1p2", as any Linux may have called it: which disk, in the
 * order that its buses are looked through in, and which partition of it (0: the whole). FALSE for
 * anything else. */
gboolean domuimg_device_parse_kernel_name (const char *name, guint *disk, guint *partition);
/* (transfer full) What a logical volume "VG/LV" is called below /dev/mapper: "VG-LV". */
char *domuimg_device_map_volume (const char *lv);
/* (transfer full) What Linux calls a volume of the disk @disk: "xvda1", "xvda", "VG/LV",
 * "mapper/xvda3_crypt". */
char *domuimg_device_name_volume (const char *disk, const DomuimgVolume *volume);
