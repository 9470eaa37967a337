/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

/* Attributes of the file that @fd, which may be O_PATH and of a symlink, stands for. */

/* Sets everything of @entry but its path, the target of a symlink included. FALSE with
 * @error. */
gboolean domuimg_tree_dir_read_attributes (int fd, DomuimgEntry *entry, GError **error);

/* Sets owner, mode, xattrs and mtime. Where the caller is not root, owners, and xattrs that
 * only root may set, are left as they are: the content can still be looked at. */
gboolean domuimg_tree_dir_apply_attributes (int fd, const DomuimgEntry *entry, GError **error);
