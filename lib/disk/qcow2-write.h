/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/disk/clusters.h"

/* A qcow2 file that is written as its content comes: QEMU's docs/interop/qcow2.txt, version 3. */

/* The disk of @size bytes in the empty file @fd, all zeros. */
DomuimgRegion *domuimg_qcow2_begin (int fd, guint64 size, const char *name, GError **error);
/* Writes what makes a qcow2 file of it. */
gboolean domuimg_qcow2_end (DomuimgRegion *self, GError **error);

/* What a qcow2 file lies over, of whose clusters it has only some parts: a 32nd of a cluster each. */
typedef struct {
  const char *path;     /* absolute */
  const char *format;   /* as QEMU calls it */
  const guint32 *parts; /* for each slot of the clusters, a bit for each part that is there */
} DomuimgQcow2Base;

#define DOMUIMG_QCOW2_PARTS 32 /* of a cluster */

/* The same with what is not there taken from @base. */
gboolean domuimg_qcow2_end_over (DomuimgRegion *self, const DomuimgQcow2Base *base, GError **error);
