/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/chain/grains.h"
#include "lib/import/describe/hardware.h"
#include "lib/base/progress.h"

/* What lies behind --from disk: the disks of a machine that another hypervisor ran, and what is
 * known of its hardware. Every file of it is looked into before QEMU opens it, and opened for
 * reading only. */
typedef struct _DomuimgImport DomuimgImport;

/* @path: an image, an OVA or XVA archive, or a description (vmx, OVF, vbox, libvirt XML, ...)
 * beside its disks. @allow_backing: disks may take parts from files outside of their directory. */
DomuimgImport *domuimg_import_open (const char *path, gboolean allow_backing, GError **error);
/* The disk of @size bytes that an installer will write; @name is what it is called in messages, @hardware (transfer
 * full) the machine that the installer runs in. */
DomuimgImport *domuimg_import_new_for_installer (const char *name, guint64 size,
                                                 DomuimgHardware *hardware);
/* The raw image @path is what the installer has made. */
gboolean domuimg_import_take_installed (DomuimgImport *self, const char *path, GError **error);
/* FALSE while its disk has still to be written by an installer. */
gboolean domuimg_import_is_there (DomuimgImport *self);
/* Whether it is known to describe or hold a machine, so that an error of open () is about that. */
gboolean domuimg_import_is_machine (const char *path);
void domuimg_import_free (DomuimgImport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgImport, domuimg_import_free)

/* For a plan: what it is, one line. */
char *domuimg_import_describe (DomuimgImport *self);
/* (nullable) where nothing tells. */
const DomuimgHardware *domuimg_import_get_hardware (DomuimgImport *self);
/* (element-type utf8) What was not found as it is named, and where it was. */
const GPtrArray *domuimg_import_get_notes (DomuimgImport *self);
/* The hard disks, in boot order. */
guint domuimg_import_get_n_disks (DomuimgImport *self);
/* For messages. */
const char *domuimg_import_get_name (DomuimgImport *self, guint i);
/* The name that qemu-img has for it; "raw" for what has to be unpacked. */
const char *domuimg_import_get_format (DomuimgImport *self, guint i);
/* (nullable) The bus that it was on, see DomuimgHardwareDisk. */
const char *domuimg_import_get_bus (DomuimgImport *self, guint i);
/* Bytes that a guest sees. */
guint64 domuimg_import_get_size (DomuimgImport *self, guint i);
/* The file that an overlay can name as its backing file, NULL if there is no such file. */
const char *domuimg_import_get_backing (DomuimgImport *self, guint i);

/* (nullable) The raw file that an installer wrote, which is nobody else's and may be moved. */
const char *domuimg_import_get_own_file (DomuimgImport *self, guint i);

/* Unpacks into @work_directory what QEMU cannot read as it lies. */
gboolean domuimg_import_prepare (DomuimgImport *self, const char *work_directory,
                                  DomuimgProgress *progress, GCancellable *cancellable,
                                  GError **error);
/* The block node of a disk (JSON), once it is prepared. */
char *domuimg_import_get_node (DomuimgImport *self, guint i);
/* (nullable) The disk, if it is a streamOptimized VMDK, which domuimg_image_chain_copy_grains reads. */
DomuimgImageChain *domuimg_import_get_grains (DomuimgImport *self, guint i);
/* Whether there is a manifest of checksums; then verify reads everything. UNTRUSTED where one
 * does not match. May run in a thread of its own while the disks are read. */
gboolean domuimg_import_has_manifest (DomuimgImport *self);
gboolean domuimg_import_verify (DomuimgImport *self, GCancellable *cancellable, GError **error);
