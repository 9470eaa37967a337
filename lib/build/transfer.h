/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/check.h"
#include "lib/build/disk-copy.h"
#include "lib/convert/convert.h"
#include "lib/image/export.h"
#include "lib/image/image.h"
#include "lib/import/import.h"

/* A machine of another hypervisor while it is converted. Its disks are seen through overlays: a
 * first one leaves out what is unused; over a second one its system is looked at and changed while
 * the first is copied. What was changed is written into the copy in the end. */

typedef struct {
  char *overlay; /* (nullable) path of the qcow2 file that takes the changes */
  char *node;    /* block node of the disk below @overlay (JSON) */
  guint64 size;        /* bytes; it may be larger than what lies below */
  gboolean is_result; /* @overlay is what the user wants: nothing is copied */
  char *name;    /* of the old machine's, for messages */
  char *path;    /* (nullable) of a whole copy, where the host cannot show the disk */
  GArray *unused;      /* of DomuimgRange, sorted: what the copy leaves out */
  DomuimgImage *image; /* (nullable) of what is shown or copied, while its filesystems are open */
} DomuimgTransferDisk;

typedef struct {
  char *directory;       /* where disks are shown */
  GPtrArray *disks;      /* of DomuimgTransferDisk */
  DomuimgExport *export; /* (nullable) where the host cannot: then disks have a @path */
  DomuimgDiskCopy *copy; /* (nullable) under way */
  gboolean needs_uefi;   /* its disk can be started by UEFI only */
  guint64 unused;        /* bytes that were left out */
} DomuimgTransfer;

/* @directory is as domuimg_export_new wants it. */
DomuimgTransfer *domuimg_transfer_new (const char *directory);
void domuimg_transfer_free (DomuimgTransfer *self);
/* Shows the disks of @import, which is prepared, with overlays in @directory; @overlays[i]
 * (nullable) is one that stays, and that there is already; @sizes: bytes that each is to have. What the user should know goes to @warnings. */
gboolean domuimg_transfer_open (DomuimgTransfer *self, DomuimgImport *import, const char *directory,
                              const char *const *overlays, const guint64 *sizes,
                              GPtrArray *warnings,
                              GCancellable *cancellable, GError **error);
/* Puts another overlay over each disk that is copied, so that what is below stays as it is. The
 * disks were shown, and are no longer. */
gboolean domuimg_transfer_go_over (DomuimgTransfer *self, const char *directory,
                                 GCancellable *cancellable, GError **error);
/* Looks at disk @i anew, whose table was changed. */
gboolean domuimg_transfer_reopen (DomuimgTransfer *self, guint i, GError **error);
/* After the trees. libguestfs has a disk locked until then. */
void domuimg_transfer_close_images (DomuimgTransfer *self);
