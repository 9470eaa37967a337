/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* (element-type utf8) The paths in the guest of @modules (names) of a kernel and of all that they
 * need, in the order that they are to be loaded in, by what depmod(8) wrote. What is built into
 * the kernel is left out. NOT_FOUND if one is missing. */
GPtrArray *domuimg_modules_resolve (DomuimgTree *tree, const char *version,
                                    const char *const *modules, GError **error);
/* The module itself, decompressed. */
GBytes *domuimg_modules_read (DomuimgTree *tree, const char *path, GError **error);
