/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* Disks of any format as plain bytes, while nothing is converted: QEMU's storage daemon shows them
 * through FUSE to us, and through a socket to libguestfs, which has to open what it reads by a name.
 * What is written goes to overlays. The files have no name in any directory, so that nothing of them
 * stays when we are killed; the daemon dies with us. */
typedef struct _DomuimgExport DomuimgExport;

/* FALSE where the host cannot do it, with the reason. */
gboolean domuimg_export_is_possible (char **why_not);

/* @directory: for what has to lie somewhere while this is in use; domuimg_appliance_new_for_region
 * says how long its path may be. */
DomuimgExport *domuimg_export_new (const char *directory);
/* Adds a disk: the block node @node (JSON, as of domuimg_image_chain_to_node) seen through the
 * overlay @overlay, a qcow2 file that is there. @name is for messages. */
void domuimg_export_add (DomuimgExport *self, const char *overlay, const char *node,
                         const char *name);
/* Adds the disk that @path in QEMU's @format is, whole by itself; what is written goes into it. */
void domuimg_export_add_file (DomuimgExport *self, const char *path, const char *format,
                              const char *name);
/* Its bytes. */
DomuimgRegion *domuimg_export_get_region (DomuimgExport *self, guint i);
/* Disk @i, as a raw image under its name. */
DomuimgImage *domuimg_export_open_image (DomuimgExport *self, guint i, GError **error);
gboolean domuimg_export_start (DomuimgExport *self, GCancellable *cancellable, GError **error);
/* That @length bytes at @offset of disk @i need not be kept: they read as zeros from now on. */
gboolean domuimg_export_forget (DomuimgExport *self, guint i, guint64 offset, guint64 length,
                                GError **error);
/* Writes everything out into the overlays and ends the daemon. Images are closed before. */
gboolean domuimg_export_stop (DomuimgExport *self, GError **error);
void domuimg_export_free (DomuimgExport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExport, domuimg_export_free)

/* The block node of @overlay over @node, as a JSON text that may follow "json:". */
char *domuimg_overlay_to_node (const char *overlay, const char *node);
/* The same of a file of @format, "raw" or "qcow2", that is whole by itself. */
char *domuimg_file_to_node (const char *path, const char *format);
/* The block node of the device at @path. */
char *domuimg_device_to_node (const char *path);
/* The bytes of @node as a raw image. */
char *domuimg_raw_to_node (const char *node);
