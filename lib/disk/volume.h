/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/volumes.h"
#include "lib/disk/file.h"

/* What kinds of disks have in common that are volumes made for them. */

/* Makes of disk->path, "GROUP/VOLUME", that of its device below @directory. */
gboolean domuimg_disk_volume_complete (DomuimgDiskSpec *disk, const char *directory,
                                       GError **error);
gboolean domuimg_disk_volume_check (const DomuimgDiskSpec *disk, gboolean replace, GError **error);
char *domuimg_disk_volume_create (const DomuimgDiskSpec *disk, const DomuimgDiskMaking *making,
                                  GError **error);
/* The next multiple of @step. */
guint64 domuimg_disk_volume_round (guint64 size, guint64 step);
/* The new volume at @path, which reads as zeros then; with @is_empty it does so by itself. */
DomuimgRegion *domuimg_disk_volume_open_empty (const char *path, gboolean is_empty,
                                               GCancellable *cancellable, GError **error);
