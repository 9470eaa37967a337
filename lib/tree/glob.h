/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Paths of a tree by a shell pattern: "*" and "?" stand for what is within a name, and a last
 * component "**" for everything below. A directory of the pattern may be a symlink; "**" does not
 * follow any. */

gboolean domuimg_tree_is_glob (const char *pattern);
/* Adds to @paths (element-type utf8) what matches, absolute, in the order of names; nothing where
 * nothing does. */
gboolean domuimg_tree_glob (DomuimgTree *self, const char *pattern, GPtrArray *paths,
                            GError **error);
