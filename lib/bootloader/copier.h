/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/ext/copy.h"

/* A second thread of the process that reads the disk, which copies the ramdisk beside the kernel:
 * nearly all of a boot loader's time goes into the two. */
typedef struct _DomuimgCopier DomuimgCopier;

DomuimgCopier *domuimg_copier_new (void);
/* The thread; before, and where there can be none, a copy is made when it is added. */
void domuimg_copier_start (DomuimgCopier *self);
/* After what it has been given. */
void domuimg_copier_free (DomuimgCopier *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCopier, domuimg_copier_free)
/* Copies (transfer full) @copy to the end of @fd, from the next multiple of @alignment. */
void domuimg_copier_add (DomuimgCopier *self, DomuimgExtCopy *copy, int fd, guint alignment);
/* For all that it was given; the first error. */
gboolean domuimg_copier_wait (DomuimgCopier *self, GError **error);
