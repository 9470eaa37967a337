/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/names.h"
#include "lib/fs/ext/fs.h"

/* Inodes that a writer has no name for any more. They are freed late, since who looks at files while
 * others are written knows them by their inodes. */
typedef struct {
  GArray *inodes; /* of ext2_ino_t */
} DomuimgExtReplaced;

void domuimg_ext_replaced_init (DomuimgExtReplaced *self);
void domuimg_ext_replaced_clear (DomuimgExtReplaced *self);
/* @name, which is not of a directory that holds something, is to get another inode. */
gboolean domuimg_ext_replaced_add (DomuimgExtReplaced *self, DomuimgExtFs *ext,
                                   const DomuimgExtName *name, GError **error);
/* Frees all of them. */
gboolean domuimg_ext_replaced_free (DomuimgExtReplaced *self, DomuimgExtFs *ext, GError **error);
