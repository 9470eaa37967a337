/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Another tree for reading only, which is asked once for each entry and each list of names: for who
 * looks at the same directories thousands of times, and at a root that does not change meanwhile. */
#define DOMUIMG_TYPE_TREE_CACHED (domuimg_tree_cached_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeCached, domuimg_tree_cached, DOMUIMG, TREE_CACHED, GObject)

DomuimgTree *domuimg_tree_cached_new (DomuimgTree *inner);
