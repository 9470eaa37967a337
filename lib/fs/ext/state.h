/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* The state of an ext2/3/4 filesystem, by its superblock. */
typedef struct {
  gboolean clean;          /* unmounted, no journal to replay */
  gboolean needs_recovery; /* its journal is to be replayed: a boot does that by itself */
  gboolean has_errors;     /* marked as having errors: fsck wanted */
  guint64 block_size;
  guint64 free_bytes;      /* for root */
  guint64 reserved_bytes;
  guint64 free_inodes;
  GPtrArray *features;     /* (element-type utf8) names as in tune2fs(8), sorted */
} DomuimgExtState;

/* CORRUPT_INPUT where @region holds none. */
DomuimgExtState *domuimg_ext_state_read (DomuimgRegion *region, GError **error);
void domuimg_ext_state_free (DomuimgExtState *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExtState, domuimg_ext_state_free)
