/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* A directory of the host as a guest's root, held by a descriptor: every access is
 * relative to it (openat2 RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS), so that nothing
 * outside is reached. */
#define DOMUIMG_TYPE_TREE_DIR (domuimg_tree_dir_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTreeDir, domuimg_tree_dir, DOMUIMG, TREE_DIR, GObject)

DomuimgTree *domuimg_tree_dir_new (const char *directory, GError **error);
/* Opens a file for reading without following symlinks; -1 on error. */
int domuimg_tree_dir_open_file (DomuimgTreeDir *self, const char *path, GError **error);
/* Opens a path of any kind without ever following a symlink; -1 with errno. With O_PATH a symlink
 * itself is opened. */
int domuimg_tree_dir_open_in (DomuimgTreeDir *self, const char *path, int flags);

/* Fills a new file. */
typedef gboolean (*DomuimgTreeDirFill) (int fd, const DomuimgEntry *entry, gpointer source,
                                        GCancellable *cancellable, GError **error);
/* Makes what @entry, which is not a directory, says in place of what is there; a file's bytes come
 * from @fill. Whole, or not at all. */
gboolean domuimg_tree_dir_put_filled (DomuimgTreeDir *self, const DomuimgEntry *entry,
                                      DomuimgTreeDirFill fill, gpointer source,
                                      GCancellable *cancellable, GError **error);
