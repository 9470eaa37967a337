/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Whether a file of an initramfs may say which filesystem is the root, and what it says (nullable): a value
 * of root=. */
gboolean domuimg_initramfs_tells_root (const char *name);
char *domuimg_initramfs_root_of (const char *name, const char *text, gsize length);
