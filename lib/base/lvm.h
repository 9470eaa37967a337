/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/volumes.h"

/* Logical volumes, by LVM's own programs. */

typedef struct {
  const char *path; /* /dev/GROUP/VOLUME */
  const char *pool; /* (nullable) the thin pool that it is made in */
  guint64 size;     /* bytes */
  const char *mark; /* a tag */
} DomuimgLvmNew;

/* Whether GROUP and VOLUME in @path can be names of LVM's, and are not reserved. */
gboolean domuimg_lvm_check_path (const char *path, GError **error);
/* NOT_FOUND with what is to be done where the group, or @pool (nullable) in it, does not exist;
 * NO_SPACE where it has not @size bytes, or the pool is full. */
gboolean domuimg_lvm_check_room (const char *path, const char *pool, guint64 size, GError **error);
/* The same for the volume at @path, which gets @more bytes. */
gboolean domuimg_lvm_check_more (const char *path, guint64 more, GError **error);
/* Makes it as many extents as hold @size bytes, which are more than it has. */
gboolean domuimg_lvm_extend (const char *path, guint64 size, GCancellable *cancellable,
                             GError **error);
gboolean domuimg_lvm_create (const DomuimgLvmNew *what, GCancellable *cancellable, GError **error);
