/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"
#include "lib/base/uuid.h"

/* Whether a filesystem of this name (as blkid's; nullable) can be given another UUID here. */
gboolean domuimg_fs_has_settable_uuid (const char *fs);
/* Gives the filesystem @fs, or the swap space, in @region the UUID @uuid, which is in lower-case text. */
gboolean domuimg_fs_set_uuid (DomuimgRegion *region, const char *fs, const char *uuid, GError **error);
