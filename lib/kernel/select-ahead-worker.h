/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/kernel.h"
#include "lib/kernel/initramfs.h"
#include "lib/tree/stream.h"

/* A thread that looks at kernels, or one that looks at initramfs, one file at a time. */
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

DomuimgAheadWorker *domuimg_ahead_worker_new (DomuimgAheadKind kind);
/* Ends what is under way. */
void domuimg_ahead_worker_free (DomuimgAheadWorker *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgAheadWorker, domuimg_ahead_worker_free)

/* Whether such a file would be looked at: only the newest is kept. */
gboolean domuimg_ahead_worker_wants (DomuimgAheadWorker *self, const char *path,
                                     const char *version);
/* Its bytes are at @pieces (DomuimgPiece) of @region. */
void domuimg_ahead_worker_add (DomuimgAheadWorker *self, const DomuimgAheadFile *file,
                               const char *version, DomuimgRegion *region, GArray *pieces);
/* (transfer full) (nullable) */
DomuimgKernel *domuimg_ahead_worker_find_kernel (DomuimgAheadWorker *self,
                                                 const DomuimgAheadFile *file);
DomuimgInitramfs *domuimg_ahead_worker_find_initramfs (DomuimgAheadWorker *self,
                                                       const DomuimgAheadFile *file);
