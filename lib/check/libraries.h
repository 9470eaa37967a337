/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Adds to @missing (element-type utf8) the libraries that the program @path, or one that it needs,
 * needs and its dynamic loader would not find in the guest: by ld.so(8) and for musl its manual. */
void domuimg_libraries_find_missing (DomuimgTree *tree, const char *path, GPtrArray *missing);
