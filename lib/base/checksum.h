/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Adds all bytes of @fd to @checksum, without moving its offset; *@length becomes how many there are. Errors call
 * the file @name. */
gboolean domuimg_checksum_add_fd (GChecksum *checksum, int fd, const char *name, guint64 *length,
                                  GCancellable *cancellable, GError **error);
