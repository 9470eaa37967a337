/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/describe/hardware.h"

/* A command line of QEMU while it is read: back ends and devices refer to each other by ids,
 * whichever comes first. */
typedef struct {
  DomuimgHardware *hardware;
  const char *name;    /* of the file */
  GPtrArray *drives;   /* what -drive, -blockdev, -hda and so on say, in their order */
  GPtrArray *devices;  /* of utf8, the values of -device */
  GPtrArray *netdevs;  /* of utf8, of -netdev */
  GPtrArray *nets;     /* of utf8, of -net */
  gboolean is_q35;
  gboolean has_no_default_nic;
} DomuimgQemu;

/* Whether @word is a program of QEMU's that runs a machine. */
gboolean domuimg_qemu_is_program (const char *word);

/* The file of a BIOS or UEFI. */
void domuimg_qemu_take_firmware (DomuimgQemu *self, const char *path);

void domuimg_qemu_init_devices (DomuimgQemu *self);
void domuimg_qemu_clear_devices (DomuimgQemu *self);
/* FALSE for what is not an option of disks, NICs or devices. */
gboolean domuimg_qemu_take_device (DomuimgQemu *self, const char *option, const char *value);
/* Puts back ends and devices together; once, at the end. */
gboolean domuimg_qemu_finish_devices (DomuimgQemu *self, GError **error);
