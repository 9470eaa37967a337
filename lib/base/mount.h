/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Takes what is mounted at @path out of the tree of names; what has it open keeps it. Without root,
 * for what the caller mounted with FUSE. TOOL_FAILED. */
gboolean domuimg_unmount (const char *path, GError **error);
/* All that is mounted below @directory, as far as it can be. */
void domuimg_unmount_below (const char *directory);
