/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/fs.h"
#include "lib/fs/ext/names.h"

/* Writes the blocks of @directory and gives its inode their extents. */
gboolean domuimg_ext_write_directory (DomuimgExtFs *self, const DomuimgExtName *directory,
                                      GError **error);
