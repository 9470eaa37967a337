/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/entries.h"

/* Fills @entries, which is empty, with @directory and its hash index. FALSE, with blocks that are
 * worth nothing, where the filesystem cannot have an index of that size. */
gboolean domuimg_ext_index_fill (DomuimgExtEntries *entries, const DomuimgExtName *directory);
