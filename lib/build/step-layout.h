/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"

/* Bytes of the first disk whose root has @root, and of the root on a first disk of @disk (0: there is
 * no room for one). */
guint64 domuimg_build_to_disk_size (DomuimgBuildState *self, guint64 root);
guint64 domuimg_build_to_root_size (DomuimgBuildState *self, guint64 disk);
/* Bytes of disk @i, once the size of the root is known. */
guint64 domuimg_build_get_disk_size (DomuimgBuildState *self, guint i);
/* Makes the disks, each with its partition table and empty filesystems. */
gboolean domuimg_build_make_disks (DomuimgBuildState *self, GCancellable *cancellable,
                                   GError **error);
/* Bytes of a disk while it is made, for writing. */
DomuimgRegion *domuimg_build_open_disk_region (DomuimgBuildState *self, guint i, GError **error);
/* Those of a part, once the disks are made. */
DomuimgRegion *domuimg_build_open_part (DomuimgBuildState *self, const DomuimgPart *part,
                                        gboolean writable, GError **error);
/* Where it lies on its disk. */
const DomuimgExtent *domuimg_build_get_extent (DomuimgBuildState *self, const DomuimgPart *part);
/* What was filled has stayed open; all filesystems are in the state, the root first. */
gboolean domuimg_build_open_made (DomuimgBuildState *self, GError **error);
/* (element-type DomuimgPart) (transfer container) Filesystems with a place in the guest, the root
 * first, and each behind what it is mounted in. */
GPtrArray *domuimg_build_list_mounted (DomuimgBuildState *self);
