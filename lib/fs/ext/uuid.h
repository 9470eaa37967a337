/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/uuid.h"

/* Superblock, its copies and checksums. NOT_SUPPORTED where files are encrypted by the UUID. */
gboolean domuimg_ext_set_uuid (DomuimgRegion *region, const guint8 uuid[DOMUIMG_UUID_SIZE], GError **error);
