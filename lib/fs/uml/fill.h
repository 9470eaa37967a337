/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fs.h"

/* Fills the empty filesystem @fs ("xfs", "btrfs", "f2fs") in @region, as domuimg_fs's fill does. A
 * btrfs gets the subvolumes @ for the root and @home for /home. */
DomuimgTree *domuimg_uml_write_stream (DomuimgRegion *region, const char *fs,
                                       const DomuimgFsContent *content, GCancellable *cancellable,
                                       GError **error);
