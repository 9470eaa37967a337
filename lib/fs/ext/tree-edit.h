/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/fs.h"
#include "lib/tree/tree.h"

/* Takes @ext, which is open. */
DomuimgTree *domuimg_tree_ext_new (DomuimgExtFs *ext);

/* Single changes to a filesystem that is in use as a tree. Paths are normalised and no
 * parent is a symlink. */
gboolean domuimg_ext_lookup (DomuimgExtFs *self, const char *path, ext2_ino_t *ino,
                             GError **error);
/* Makes what @entry says, with @content, or the bytes of @fd to its end unless it is -1. */
gboolean domuimg_ext_put (DomuimgExtFs *self, const DomuimgEntry *entry, GBytes *content,
                          int fd, GCancellable *cancellable, GError **error);
gboolean domuimg_ext_add_link (DomuimgExtFs *self, ext2_ino_t ino, const char *path,
                               GError **error);
gboolean domuimg_ext_remove (DomuimgExtFs *self, const char *path, GError **error);
