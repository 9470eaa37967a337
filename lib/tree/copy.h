/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Copies @from of one tree, with everything below it, to @to of another: owners become
 * root's, symlinks that lead to outside of @from by an absolute target are left out (as
 * "build" and "source" of a kernel's modules). @to's parent is there. */
gboolean domuimg_tree_copy (DomuimgTree *source, const char *from, DomuimgTree *target,
                            const char *to, GCancellable *cancellable, GError **error);
