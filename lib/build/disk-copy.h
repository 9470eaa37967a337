/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/chain/grains.h"

/* Disks that are copied, one after the other, while other work is done: by qemu-img, or, where a
 * streamOptimized VMDK becomes a raw file, by reading its grains. */
typedef struct _DomuimgDiskCopy DomuimgDiskCopy;

DomuimgDiskCopy *domuimg_disk_copy_new (void);
/* Adds the disk that the block node @node (JSON) is, of @size bytes, to be the file @target of
 * @format. @name: for a person. */
void domuimg_disk_copy_add (DomuimgDiskCopy *self, const char *node, const char *target,
                            const char *format, guint64 size, const char *name);
/* The disk that was added last can be read from @grains (nullable, unowned), as well, but for what is
 * in @unused. */
void domuimg_disk_copy_add_grains (DomuimgDiskCopy *self, DomuimgImageChain *grains,
                                   GArray *unused);
void domuimg_disk_copy_start (DomuimgDiskCopy *self);
/* Until all are copied, or one could not be. Once. */
gboolean domuimg_disk_copy_wait (DomuimgDiskCopy *self, DomuimgProgress *progress,
                                 GCancellable *cancellable, GError **error);
/* Ends what still runs. */
void domuimg_disk_copy_free (DomuimgDiskCopy *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgDiskCopy, domuimg_disk_copy_free)

/* Writes what @overlay holds into the file @target of @format, which is what it lies over. */
gboolean domuimg_disk_copy_merge (const char *overlay, const char *target, const char *format,
                                  GCancellable *cancellable, GError **error);
