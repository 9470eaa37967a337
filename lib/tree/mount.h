/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* A tree with another one mounted at one of its directories, as the guest will see them; changes
 * go to the one that has the path. Keeps both. */
#define DOMUIMG_TYPE_TREE_MOUNT (domuimg_tree_mount_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeMount, domuimg_tree_mount, DOMUIMG, TREE_MOUNT, GObject)

/* @path: normalised, no symlink, not the root. */
DomuimgTree *domuimg_tree_mount_new (DomuimgTree *below, const char *path, DomuimgTree *mounted);
