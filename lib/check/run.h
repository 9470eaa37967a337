/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* The rules, run over a machine; and the way in for those who have made a guest and have all of it
 * open: nothing of that is opened, read or unpacked again. */

/* What takes most of the time of a check, and is the same for guests with the same kernel. */
typedef struct {
  DomuimgKernel *kernel;       /* (nullable) */
  char *kernel_path;           /* (nullable) where it lies, as its loader names it */
  DomuimgInitramfs *initramfs; /* (nullable) */
  char *initramfs_path;        /* (nullable) */
} DomuimgCheckRead;

void domuimg_check_read_clear (DomuimgCheckRead *self);

/* What was made. All of it stays the caller's. */
struct _DomuimgMade {
  DomuimgDomain *domain;       /* as it will be written: with the final names of files */
  const char *config;          /* (nullable) the text of its xl.cfg, ... */
  const char *config_path;     /* ... and the name that this will have */
  GPtrArray *devices;          /* (element-type DomuimgDevice) what is on its disks, with the trees
                                * that are open, writable or not. Disks without a device here are
                                * opened from their files */
  GHashTable *places;          /* (nullable) (element-type filename filename) where files are now
                                * that will have the names of the keys */
  DomuimgKernel *kernel;       /* (nullable) what it boots, as it was read already */
  const char *kernel_path;     /* (nullable) where @kernel lies in the guest, if a loader in the
                                * guest or pygrub is to find it there */
  DomuimgInitramfs *initramfs; /* (nullable) */
  const char *initramfs_path;  /* (nullable) likewise */
  DomuimgCheckRead *read;      /* (nullable) empty; gets what was read of kernel and initramfs */
  DomuimgXenVersion xen;       /* major 0: the host's */
  const DomuimgProfile *profile; /* (nullable) of the host that it is to run on; NULL: this one */
};

/* What a check says of it; NULL only where it is cancelled, or @config cannot be parsed. */
DomuimgReport *domuimg_check_run_on (const DomuimgMade *made, GCancellable *cancellable,
                                     GError **error);
/* Runs all rules over a machine that has a domain. */
gboolean domuimg_machine_run_rules (DomuimgMachine *self, GCancellable *cancellable,
                                    GError **error);
