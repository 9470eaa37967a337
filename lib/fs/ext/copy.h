/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/fs.h"

/* Where in an image a file lies, to be copied from there: found with libext2fs, run without it, so
 * that another thread can. Good for as long as the filesystem is open. */
typedef struct _DomuimgExtCopy DomuimgExtCopy;

DomuimgExtCopy *domuimg_ext_copy_new (DomuimgExtFs *fs, ext2_ino_t ino, struct ext2_inode *inode,
                                      GError **error);
void domuimg_ext_copy_free (DomuimgExtCopy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExtCopy, domuimg_ext_copy_free)
/* Where @size bytes, which are all of the file, lie in the file that the filesystem is in: written at one
 * place, and nowhere else. FALSE where they do not. */
gboolean domuimg_ext_copy_get_place (const DomuimgExtCopy *self, gsize size, guint64 *offset);
/* To where @fd is, which is left behind it. Holes stay so. */
gboolean domuimg_ext_copy_run (const DomuimgExtCopy *self, int fd, GError **error);
