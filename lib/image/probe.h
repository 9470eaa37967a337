/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"
#include "lib/image/image.h"

/* What libblkid finds in a raw image. */

/* Adds the volumes to @volumes; *@table becomes "dos", "gpt" or NULL. What the table says and the
 * image does not hold is a line in @problems. */
gboolean domuimg_image_probe (const DomuimgRegion *region, GPtrArray *volumes, char **table,
                              GPtrArray *problems, GError **error);
/* What of a filesystem's beginning says how large it is. */
#define DOMUIMG_FS_HEAD 2048
/* The size, in bytes, that a filesystem with these first bytes says it has; 0 where it is none
 * whose superblock is known here (ext2/3/4, xfs). */
guint64 domuimg_image_parse_fs_size (DomuimgBytes head);
