/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/tree/tree.h"

/* Filesystems that nothing here reads by itself, by libguestfs: a small virtual machine with the
 * host's kernel (the appliance) mounts them. It takes 10 to 20 s to start. */

typedef struct _DomuimgAppliance DomuimgAppliance;

/* An appliance for the image at @path, in a @format from domuimg_image_get_format. Nothing is
 * started yet. */
DomuimgAppliance *domuimg_appliance_new (const char *path, const char *format);
/* An appliance for the raw disk in @region, a whole file; libguestfs need not be able to open it by
 * name, since it reads through a socket that is in @directory while the appliance runs. The path of
 * a socket is short: @directory has at most DOMUIMG_SOCKET_DIRECTORY_MAX bytes. */
#define DOMUIMG_SOCKET_DIRECTORY_MAX 80
DomuimgAppliance *domuimg_appliance_new_for_region (DomuimgRegion *region, const char *directory);
DomuimgAppliance *domuimg_appliance_ref (DomuimgAppliance *self);
void domuimg_appliance_unref (DomuimgAppliance *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgAppliance, domuimg_appliance_unref)

/* Its running handle, a guestfs_h; NULL: NOT_SUPPORTED in a build without libguestfs, TOOL_FAILED
 * where it does not start. */
gpointer domuimg_appliance_start (DomuimgAppliance *self, GError **error);

/* @device as the appliance names it: "/dev/sda", "/dev/sda1", "/dev/VG/LV". All trees of a device
 * show the same; one that is writable starts an appliance that only reads once more. */
DomuimgTree *domuimg_tree_guestfs_open (DomuimgAppliance *appliance, const char *device,
                                        gboolean writable, GError **error);
/* Writes everything out; the tree is still to be unreffed, and later calls of it fail. */
gboolean domuimg_tree_guestfs_close (DomuimgTree *self, GError **error);
