/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/progress.h"

/* XVA, what XenServer and XCP-ng export: a tar archive, which may be compressed, of ova.xml, the
 * objects of xapi's database, and of the disks in pieces of 1 MiB, without those of zeros. */

typedef struct {
  char *ref;      /* (nullable) "Ref:4", the directory of its pieces; made up when written */
  char *name;     /* (nullable) */
  guint64 size;   /* bytes */
  guint device;   /* its number in the guest: 0 is xvda */
  gboolean is_bootable;
} DomuimgXvaDisk;

typedef struct {
  char *mac;      /* (nullable) lower case */
  char *network;  /* (nullable) the name of its network, or else bridge */
  guint device;
} DomuimgXvaNic;

typedef struct {
  char *name;
  guint64 memory; /* bytes; 0 where it does not say */
  guint vcpus;    /* 0 where it does not say */
  gboolean is_hvm;
  gboolean is_uefi;
  gboolean has_secure_boot;
  gboolean has_tpm;
  guint n_cdroms;
  char *bootloader; /* (nullable) of a PV guest: "pygrub" */
  char *cmdline;    /* (nullable) of a PV guest */
  GPtrArray *disks; /* (element-type DomuimgXvaDisk) hard disks, by device number */
  GPtrArray *nics;  /* (element-type DomuimgXvaNic) by device number */
} DomuimgXvaMachine;

DomuimgXvaMachine *domuimg_xva_machine_new (const char *name);
void domuimg_xva_machine_free (DomuimgXvaMachine *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgXvaMachine, domuimg_xva_machine_free)
/* Appended to @self, which owns it. */
DomuimgXvaDisk *domuimg_xva_machine_add_disk (DomuimgXvaMachine *self, guint64 size);
DomuimgXvaNic *domuimg_xva_machine_add_nic (DomuimgXvaMachine *self);

typedef struct _DomuimgXva DomuimgXva;

/* Reads ova.xml, the archive's first member. CORRUPT_INPUT, NOT_SUPPORTED for the form that
 * XenServer wrote before version 4. */
DomuimgXva *domuimg_xva_open (const char *path, GError **error);
void domuimg_xva_free (DomuimgXva *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgXva, domuimg_xva_free)
const DomuimgXvaMachine *domuimg_xva_get_machine (DomuimgXva *self);

/* Writes each disk into @fds, empty files in the order of the machine's disks, with holes; checks
 * the checksums (UNTRUSTED). The archive is read once. */
gboolean domuimg_xva_extract (DomuimgXva *self, const int *fds, DomuimgProgress *progress,
                              GCancellable *cancellable, GError **error);

/* Writes an archive of @machine, with the contents of its disks from @fds, raw images. The same
 * input gives the same bytes. */
gboolean domuimg_xva_write (const DomuimgXvaMachine *machine, const int *fds, int out_fd,
                            DomuimgProgress *progress, GCancellable *cancellable, GError **error);
