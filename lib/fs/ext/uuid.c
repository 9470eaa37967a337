/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives an ext filesystem another UUID. */
#include "config.h"
#include "lib/fs/ext/uuid.h"

#include <string.h>

#include "lib/fs/ext/fs.h"

/* Checksums of metadata begin with the UUID, unless the superblock has what they begin with: then they are
 * right under any UUID, and none has to be written anew. Linux 4.4 and newer read that. */
static void
keep_checksums (ext2_filsys fs)
{
  if (!ext2fs_has_feature_metadata_csum (fs->super) || ext2fs_has_feature_csum_seed (fs->super))
    return;
  fs->super->s_checksum_seed = fs->csum_seed;
  ext2fs_set_feature_csum_seed (fs->super);
}

/* Those of groups' descriptors begin with it, too, where they are all the checksums that there are. */
static void
set_uuid (ext2_filsys fs, const guint8 uuid[DOMUIMG_UUID_SIZE])
{
  keep_checksums (fs);
  memcpy (fs->super->s_uuid, uuid, DOMUIMG_UUID_SIZE);
  ext2fs_init_csum_seed (fs);
  for (dgrp_t i = 0; i < fs->group_desc_count; i++)
    ext2fs_group_desc_csum_set (fs, i);
  /* Its copies as well, for whoever repairs it. */
  fs->flags &= ~EXT2_FLAG_MASTER_SB_ONLY;
  ext2fs_mark_super_dirty (fs);
}

gboolean
domuimg_ext_set_uuid (DomuimgRegion *region, const guint8 uuid[DOMUIMG_UUID_SIZE], GError **error)
{
  g_autoptr (DomuimgExtFs) ext = domuimg_ext_fs_open (region, TRUE, error);

  if (ext == NULL)
    return FALSE;
  if (ext2fs_has_feature_stable_inodes (ext->fs->super))
    return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s: encrypted files in it are bound to its UUID",
                         region->name);
  set_uuid (ext->fs, uuid);
  return domuimg_ext_fs_close (g_steal_pointer (&ext), FALSE, error);
}
