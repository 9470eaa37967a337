/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/ext-fs.h"
#include "lib/tree/ext-names.h"

/* Writes the blocks of @directory and gives its inode their extents. */
gboolean domuimg_ext_write_directory (DomuimgExtFs *self, const DomuimgExtName *directory,
                                      GError **error);
