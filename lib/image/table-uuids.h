/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Gives a disk, and the partitions on it, UUIDs of their own, where they are in its partition table: a GPT, with
 * its second copy, or the 32 bits by which Linux makes those of a DOS table's partitions.
 * @uuid is the disk's own; @renamed: (element-type utf8 utf8) the old ones of its partitions, as blkid(8) gives
 * them, and the new ones, of domuimg_table_fit_uuid(). CORRUPT_INPUT for a table that is damaged. */
gboolean domuimg_table_set_uuids (DomuimgRegion *disk, const char *uuid, GHashTable *renamed, GError **error);
/* What the table can have in place of @old: @uuid, or the beginning of @disk, the disk's own, with the number of
 * the partition. */
char *domuimg_table_fit_uuid (const char *old, const char *uuid, const char *disk);
