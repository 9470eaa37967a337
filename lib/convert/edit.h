/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/convert/convert.h"
#include "lib/guest/guest-info.h"
#include "lib/repair/site.h"

/* One run of a conversion: what its steps share. */
typedef struct {
  const DomuimgConversion *want;
  DomuimgRepairSite *site; /* for the repairs that it shares with a check */
  DomuimgEdit *edit;       /* of its root: files are changed through it */
  DomuimgGuestBoot *boot;  /* what is known of the guest's boot, for these repairs */
  DomuimgGuestInfo *info;
  DomuimgTree *root;
  DomuimgTree *whole; /* the root with its /boot */
  char *root_link; /* (nullable) what the old machine's /dev/disk called the disk of the root */
} DomuimgConvertEdit;

/* What a device of the old machine is here. */
typedef enum {
  DOMUIMG_DEVICE_STAYS,   /* named by what does not depend on the machine */
  DOMUIMG_DEVICE_FOUND,
  DOMUIMG_DEVICE_MISSING, /* of the old machine, and not here */
} DomuimgDeviceFate;

/* Finds out what becomes of "/dev/sda1" or a similar name; if the device is found, *@spec (transfer
 * full) is "UUID=…" or another lasting name. @point (nullable) is the mount point, and @fs
 * (nullable) the type: they tell apart devices whose names say nothing about the disk. */
DomuimgDeviceFate domuimg_convert_find_device (DomuimgConvertEdit *self, const char *device,
                                               const char *point, const char *fs, char **spec);
/* Takes in that @device is what the old machine had its root on. */
void domuimg_convert_learn_root (DomuimgConvertEdit *self, const char *device);

/* The steps. */
gboolean domuimg_convert_step_fstab (DomuimgConvertEdit *self, GError **error);
gboolean domuimg_convert_step_boot (DomuimgConvertEdit *self, GError **error);
gboolean domuimg_convert_step_initramfs (DomuimgConvertEdit *self, GError **error);
gboolean domuimg_convert_step_console (DomuimgConvertEdit *self, GError **error);
gboolean domuimg_convert_step_nics (DomuimgConvertEdit *self, GError **error);
gboolean domuimg_convert_step_tools (DomuimgConvertEdit *self, GError **error);
