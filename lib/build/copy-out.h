/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Files of a guest that lie beside its image, too. */

/* Nothing may be at @to, which is to get the name @name and has it in messages. */
gboolean domuimg_copy_out (DomuimgTree *tree, const char *path, const char *to, const char *name,
                           GCancellable *cancellable, GError **error);
/* Whether the file @copy holds what @path does; FALSE without an error where there is no such
 * file. */
gboolean domuimg_copy_is_current (DomuimgTree *tree, const char *path, const char *copy,
                                  GError **error);
