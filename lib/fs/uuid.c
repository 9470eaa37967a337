/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gives filesystems and swap spaces another UUID, where they lie. */
#include "config.h"
#include "lib/fs/uuid.h"

#include <errno.h>

#include "lib/fs/ext/uuid.h"

/* Linux's swap header (include/linux/swap.h, union swap_header) has it behind 1024 bytes for a boot record
 * and three numbers of 32 bits. */
#define SWAP_UUID 1036

static gboolean
set_in_swap (DomuimgRegion *region, const guint8 uuid[DOMUIMG_UUID_SIZE], GError **error)
{
  return domuimg_region_write (region, SWAP_UUID, uuid, DOMUIMG_UUID_SIZE)
         || domuimg_set_errno (error, errno, "writing to %s", region->name);
}

static const struct {
  const char *fs;
  gboolean (*set) (DomuimgRegion *region, const guint8 uuid[DOMUIMG_UUID_SIZE], GError **error);
} kinds[] = {
  { "ext2", domuimg_ext_set_uuid },
  { "ext3", domuimg_ext_set_uuid },
  { "ext4", domuimg_ext_set_uuid },
  { "swap", set_in_swap },
};

gboolean
domuimg_fs_has_settable_uuid (const char *fs)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kinds[i].fs, fs) == 0)
      return TRUE;
  return FALSE;
}

gboolean
domuimg_fs_set_uuid (DomuimgRegion *region, const char *fs, const char *uuid, GError **error)
{
  guint8 bytes[DOMUIMG_UUID_SIZE];

  g_return_val_if_fail (g_uuid_string_is_valid (uuid), FALSE);
  domuimg_uuid_read (uuid, bytes);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kinds[i].fs, fs) == 0)
      return kinds[i].set (region, bytes, error);
  return domuimg_fail (error, DOMUIMG_ERROR_NOT_SUPPORTED, "%s: its UUID cannot be changed: it is %s", region->name,
                       fs != NULL ? fs : "nothing known");
}
