/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* A tree over another one that notes what is read of it, and of which something cannot be read. */

#define TYPE_FAULTY_TREE (faulty_tree_get_type ())
G_DECLARE_FINAL_TYPE (FaultyTree, faulty_tree, FAULTY, TREE, GObject)

DomuimgTree *faulty_tree_new (DomuimgTree *inner);
/* (element-type utf8) (transfer none) "stat PATH", "list PATH", "read PATH": what was asked for and
 * is there, each once. */
GPtrArray *faulty_tree_get_log (FaultyTree *self);
/* @what, as in the log, fails with EIO from now on; NULL for nothing. */
void faulty_tree_break (FaultyTree *self, const char *what);
