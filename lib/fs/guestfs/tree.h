/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/appliance.h"

/* Filesystems that nothing here reads by itself, by libguestfs: a small virtual machine with the
 * host's kernel (the appliance) mounts them. It takes 10 to 20 s to start. */

typedef struct _DomuimgGuestfs DomuimgGuestfs;

/* The functions of appliance.h, by libguestfs. */
gboolean domuimg_guestfs_is_built (void);
DomuimgGuestfs *domuimg_guestfs_new (const char *path, const char *format);
DomuimgGuestfs *domuimg_guestfs_new_for_region (DomuimgRegion *region, const char *directory);
DomuimgGuestfs *domuimg_guestfs_ref (DomuimgGuestfs *self);
void domuimg_guestfs_unref (DomuimgGuestfs *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGuestfs, domuimg_guestfs_unref)

/* Its running handle, a guestfs_h; NULL: NOT_SUPPORTED in a build without libguestfs, TOOL_FAILED
 * where it does not start. */
gpointer domuimg_guestfs_start (DomuimgGuestfs *self, GError **error);

GPtrArray *domuimg_guestfs_list_partitions (DomuimgGuestfs *self, GError **error);
GPtrArray *domuimg_guestfs_list_lvs (DomuimgGuestfs *self, GError **error);
gboolean domuimg_guestfs_read_head (DomuimgGuestfs *self, guint8 *buffer, gsize length,
                                    GError **error);
/* @lv: (nullable) "VG/LV", else the partition @number, or the whole disk. */
DomuimgTree *domuimg_tree_guestfs_open (DomuimgGuestfs *guestfs, const char *lv, guint number,
                                        gboolean writable, GError **error);
gboolean domuimg_tree_guestfs_close (DomuimgTree *self, GError **error);
