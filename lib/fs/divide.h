/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fs.h"

/* A stream of files divided among several filesystems as it comes: what lies below a mount point goes
 * to the filesystem that is mounted there, and the rest is the stream of who fills the root. */
#define DOMUIMG_TYPE_DIVIDE (domuimg_divide_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgDivide, domuimg_divide, DOMUIMG, DIVIDE, GObject)

DomuimgDivide *domuimg_divide_new (DomuimgStream *inner);
/* The empty filesystem in @region, of the kind @fs, is mounted at @mount, "/var". What it is mounted in
 * comes before it. NOT_SUPPORTED where it cannot be filled so. */
gboolean domuimg_divide_add (DomuimgDivide *self, const char *mount, DomuimgRegion *region,
                             const DomuimgFs *fs, GError **error);
/* Once all has passed: the filesystem that was added as number @i, still open. */
DomuimgTree *domuimg_divide_finish (DomuimgDivide *self, guint i, GCancellable *cancellable,
                                    GError **error);
