/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what the superblock of an ext filesystem says, by libext2fs and libe2p. */
#include "config.h"
#include "lib/fs/ext/state.h"

#include <e2p/e2p.h>
#include <et/com_err.h>

#include "lib/base/compare.h"
#include "lib/fs/ext/fs.h"

void
domuimg_ext_state_free (DomuimgExtState *self)
{
  g_ptr_array_unref (self->features);
  g_free (self);
}

static void
add_features (GPtrArray *features, int kind, guint32 mask)
{
  for (guint bit = 0; bit < 32; bit++)
    if (mask & (1u << bit))
      g_ptr_array_add (features, g_strdup (e2p_feature2string (kind, 1u << bit)));
}

static DomuimgExtState *
state_of (struct ext2_super_block *super)
{
  DomuimgExtState *self = g_new0 (DomuimgExtState, 1);
  guint64 block = EXT2_BLOCK_SIZE (super);
  guint64 free = ext2fs_free_blocks_count (super);
  guint64 reserved = ext2fs_r_blocks_count (super);

  self->needs_recovery = ext2fs_has_feature_journal_needs_recovery (super);
  self->has_errors = (super->s_state & EXT2_ERROR_FS) != 0;
  self->clean = (super->s_state & EXT2_VALID_FS) != 0 && !self->needs_recovery;
  self->block_size = block;
  self->free_bytes = free * block;
  self->reserved_bytes = MIN (reserved, free) * block;
  self->free_inodes = super->s_free_inodes_count;
  self->features = g_ptr_array_new_with_free_func (g_free);
  add_features (self->features, E2P_FEATURE_COMPAT, super->s_feature_compat);
  add_features (self->features, E2P_FEATURE_INCOMPAT, super->s_feature_incompat);
  add_features (self->features, E2P_FEATURE_RO_INCOMPAT, super->s_feature_ro_compat);
  g_ptr_array_sort (self->features, domuimg_compare_strings);
  return self;
}

DomuimgExtState *
domuimg_ext_state_read (DomuimgRegion *region, GError **error)
{
  DomuimgExtState *self;
  ext2_filsys fs = NULL;
  errcode_t code;

  /* Features that this libext2fs does not know are named all the same. */
  code = domuimg_ext_open_library (region,
                                   EXT2_FLAG_FORCE | EXT2_FLAG_SUPER_ONLY
                                       | EXT2_FLAG_JOURNAL_DEV_OK | EXT2_FLAG_SOFTSUPP_FEATURES,
                                   &fs);
  if (code != 0)
    {
      initialize_ext2_error_table ();
      domuimg_fail (error, DOMUIMG_ERROR_CORRUPT_INPUT, "%s: reading the ext superblock: %s",
                    region->name, error_message (code));
      return NULL;
    }
  self = state_of (fs->super);
  ext2fs_free (fs);
  return self;
}
