/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Makes a sparse file of @size bytes; nothing may be there. */
gboolean domuimg_raw_create (const char *path, guint64 size, GError **error);
