/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* A tree in memory: for fixtures, plans and tests. */
#define DOMUIMG_TYPE_TREE_MEMORY (domuimg_tree_memory_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeMemory, domuimg_tree_memory, DOMUIMG, TREE_MEMORY, GObject)

DomuimgTree *domuimg_tree_memory_new (void);
