/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/disk/clusters.h"

/* A qcow2 file that is written as its content comes: QEMU's docs/interop/qcow2.txt, version 3. */

/* The disk of @size bytes in the empty file @fd, all zeros. */
DomuimgRegion *domuimg_qcow2_begin (int fd, guint64 size, const char *name, GError **error);
/* Writes what makes a qcow2 file of it. */
gboolean domuimg_qcow2_end (DomuimgRegion *self, GError **error);
