/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/exec.h"
#include "lib/base/region.h"

/* The programs of e2fsprogs, at work on filesystems in regions that no tree has open. */

/* Appends @region to the arguments of @exec, and runs it once @last (nullable) follows. */
gboolean domuimg_ext_run_tool (DomuimgExec *exec, const DomuimgRegion *region, const char *last,
                               GCancellable *cancellable, GError **error);
/* Replays the journal and mends what fsck can without asking; TOOL_FAILED where that is not
 * enough. */
gboolean domuimg_ext_fsck (const DomuimgRegion *region, GCancellable *cancellable, GError **error);
/* Makes the filesystem in @region one of @size bytes, which it must have room for; NO_SPACE where its
 * files need more. It is checked before and afterwards. @region begins where its file does, which
 * resize2fs cuts off behind @size. */
gboolean domuimg_ext_resize (const DomuimgRegion *region, guint64 size, GCancellable *cancellable,
                             GError **error);
/* *@size: the bytes below which domuimg_ext_resize will not go. */
gboolean domuimg_ext_get_least_size (const DomuimgRegion *region, guint64 *size,
                                     GCancellable *cancellable, GError **error);
