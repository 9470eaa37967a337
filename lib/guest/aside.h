/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Where the originals of files that domuimg changes or takes away are kept in a guest. */
#define DOMUIMG_ASIDE_DIR "/var/lib/domuimg/replaced"

/* Copies @path of @from, a file or a symlink (not followed), with its attributes to below
 * DOMUIMG_ASIDE_DIR in @to, as @name (nullable: @path). What is kept there stays: a later original
 * has a number after its name. The path that it got. */
char *domuimg_aside_copy (DomuimgTree *from, const char *path, DomuimgTree *to, const char *name,
                          GCancellable *cancellable, GError **error);
