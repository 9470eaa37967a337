/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A run of bytes; FALSE with an error to stop. */
typedef gboolean (*DomuimgUnused) (guint64 offset, guint64 length, gpointer user_data,
                                   GError **error);

/* The free blocks of the filesystem in @region, offsets within it. Its journal must be empty. */
gboolean domuimg_ext_each_unused (DomuimgRegion *region, DomuimgUnused callback,
                                  gpointer user_data, GError **error);
