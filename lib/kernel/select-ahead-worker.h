/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/kernel/initramfs.h"
#include "lib/tree/stream.h"

/* The thread that looks at kernels and initramfs, one at a time. */
typedef struct _DomuimgAheadWorker DomuimgAheadWorker;

typedef enum {
  DOMUIMG_AHEAD_KERNEL,
  DOMUIMG_AHEAD_INITRAMFS,
} DomuimgAheadKind;

/* What makes a file the same file. */
typedef struct {
  const char *path;
  guint64 ino;
  guint64 size;
  DomuimgTime mtime;
} DomuimgAheadFile;

DomuimgAheadWorker *domuimg_ahead_worker_new (void);
/* Ends what is under way. */
void domuimg_ahead_worker_free (DomuimgAheadWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgAheadWorker, domuimg_ahead_worker_free)

/* Whether such a file would be looked at: only the newest of each kind is kept. */
gboolean domuimg_ahead_worker_wants (DomuimgAheadWorker *self, DomuimgAheadKind kind,
                                     const char *path, const char *version);
/* Its bytes are at @pieces (DomuimgPiece) of @region. */
void domuimg_ahead_worker_add (DomuimgAheadWorker *self, DomuimgAheadKind kind,
                               const DomuimgAheadFile *file, const char *version,
                               DomuimgRegion *region, GArray *pieces);
/* (transfer full) (nullable) */
DomuimgKernel *domuimg_ahead_worker_find_kernel (DomuimgAheadWorker *self,
                                                 const DomuimgAheadFile *file);
DomuimgInitramfs *domuimg_ahead_worker_find_initramfs (DomuimgAheadWorker *self,
                                                       const DomuimgAheadFile *file);
