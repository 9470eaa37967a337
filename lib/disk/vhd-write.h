/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/disk/clusters.h"

/* A VHD that is written as its content comes: Microsoft's Virtual Hard Disk Image Format Specification,
 * with data at pages of the file, as blktap has it. */

/* Bytes: what a BAT of 32 bits can hold, and other programs take. */
#define DOMUIMG_VHD_SIZE_MAX ((guint64) 2040 << 30)

/* A dynamic one: the disk of @size bytes in the empty file @fd, all zeros. */
DomuimgRegion *domuimg_vhd_begin (int fd, guint64 size, const char *name, GError **error);
/* Writes what makes a VHD of it, with this @uuid. */
gboolean domuimg_vhd_end (DomuimgRegion *self, const char *uuid, GError **error);
/* What makes one of a fixed size of a raw image, in the file @fd. */
gboolean domuimg_vhd_end_fixed (int fd, guint64 size, const char *uuid, const char *name,
                                GError **error);
