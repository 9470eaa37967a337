/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <blkid/blkid.h>

#include "lib/base/region.h"

/* What libblkid is asked by, and what it answers. */
typedef struct blkid_struct_probe DomuimgBlkidProbe;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgBlkidProbe, blkid_free_probe)

/* What looks at @length bytes of @region at @offset. */
DomuimgBlkidProbe *domuimg_blkid_new_probe (const DomuimgRegion *region, guint64 offset,
                                            guint64 length, GError **error);

/* Runs @probe, which looks at @length bytes at @offset of @region, by @run, such as
 * blkid_do_safeprobe. *@found: whether it knows what is there. */
gboolean domuimg_blkid_run (DomuimgBlkidProbe *probe, int (*run) (DomuimgBlkidProbe *),
                            const DomuimgRegion *region, guint64 offset, guint64 length,
                            gboolean *found, GError **error);
/* FALSE: what is in @region could not be read. */
gboolean domuimg_blkid_fail_unread (const DomuimgRegion *region, int saved_errno, GError **error);
/* (transfer full) (nullable) A value that was found, such as "UUID". */
char *domuimg_blkid_lookup (DomuimgBlkidProbe *probe, const char *name);
