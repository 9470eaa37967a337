/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Removes @path with everything below it, on the same filesystem, not following symlinks.
 * Whether it was there and is gone. */
gboolean domuimg_remove_tree (const char *path);
