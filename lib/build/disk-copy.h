/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/import/chain/grains.h"

/* Disks that are copied, one after the other, while other work is done: by qemu-img, or, where a
 * streamOptimized VMDK becomes a raw file, by reading its grains. */
typedef struct _DomuimgDiskCopy DomuimgDiskCopy;

DomuimgDiskCopy *domuimg_disk_copy_new (void);
/* What is copied, and where to. */
typedef struct {
  const char *node;    /* block node (JSON) of the disk */
  guint64 size;        /* bytes of it */
  const char *name;    /* of it, for a person */
  const char *target;  /* block node (JSON) of what it becomes, which reads as zeros */
  const char *format;  /* of that */
  gboolean is_compressed;
  const char *path;    /* (nullable) the file, where that has the bytes of the disk as they are */
  const char *result;  /* the name that this will have */
} DomuimgDiskCopyJob;

/* Copies the job. */
void domuimg_disk_copy_add (DomuimgDiskCopy *self, const DomuimgDiskCopyJob *job);
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

/* Writes what @overlay holds into the block node @target (JSON), which is what it lies over. */
gboolean domuimg_disk_copy_merge (const char *overlay, const char *target,
                                  GCancellable *cancellable, GError **error);
