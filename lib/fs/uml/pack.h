/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Makes an erofs with @uuid of all @entries of the closed filesystem of ext4 in @from, a whole file: behind
 * its end, for which the file gets as much room as @from has. What is in that filesystem does not matter
 * any more then. MISSING_TOOL without User-mode Linux or the erofs' own program. */
gboolean domuimg_uml_pack (const DomuimgRegion *from, guint64 entries, const char *uuid,
                           GCancellable *cancellable, GError **error);
