/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/hardware/hardware.h"
#include "lib/base/progress.h"

/* What lies behind --from disk: the disks of a machine that another hypervisor ran, and what is
 * known of its hardware. Every file of it is looked into before QEMU opens it, and opened for
 * reading only. */
typedef struct _DomuimgForeign DomuimgForeign;

/* @path: an image, an OVA or XVA archive, or a description (vmx, OVF, vbox, libvirt XML, ...)
 * beside its disks. @allow_backing: disks may take parts from files outside of their directory. */
DomuimgForeign *domuimg_foreign_open (const char *path, gboolean allow_backing, GError **error);
void domuimg_foreign_free (DomuimgForeign *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgForeign, domuimg_foreign_free)

/* For a plan: what it is, one line. */
char *domuimg_foreign_describe (DomuimgForeign *self);
/* (nullable) where nothing tells. */
const DomuimgHardware *domuimg_foreign_get_hardware (DomuimgForeign *self);
/* The hard disks, in boot order. */
guint domuimg_foreign_get_n_disks (DomuimgForeign *self);
/* For messages. */
const char *domuimg_foreign_get_name (DomuimgForeign *self, guint i);
/* As qemu-img calls it; "raw" for what has to be unpacked. */
const char *domuimg_foreign_get_format (DomuimgForeign *self, guint i);
/* (nullable) The bus that it was on, see DomuimgHardwareDisk. */
const char *domuimg_foreign_get_bus (DomuimgForeign *self, guint i);
/* Bytes that a guest sees. */
guint64 domuimg_foreign_get_size (DomuimgForeign *self, guint i);
/* The file that an overlay can name as its backing file, NULL where there is none such. */
const char *domuimg_foreign_get_backing (DomuimgForeign *self, guint i);

/* Unpacks into @work_directory what QEMU cannot read as it lies. */
gboolean domuimg_foreign_prepare (DomuimgForeign *self, const char *work_directory,
                                  DomuimgProgress *progress, GCancellable *cancellable,
                                  GError **error);
/* The block node of a disk (JSON), once it is prepared. */
char *domuimg_foreign_get_node (DomuimgForeign *self, guint i);
/* Whether there is a manifest of checksums; then verify reads everything. UNTRUSTED where one
 * does not match. May run in a thread of its own while the disks are read. */
gboolean domuimg_foreign_has_manifest (DomuimgForeign *self);
gboolean domuimg_foreign_verify (DomuimgForeign *self, GCancellable *cancellable, GError **error);
