/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Files from boot servers by libcurl: http, https, ftp and tftp only, redirected within http and
 * https only. A transfer ends at @deadline, and where nothing comes for 20 s. */

/* The first @max bytes. NOT_FOUND where the server says that there is no such file. */
GBytes *domuimg_transfer_start (const char *url, gsize max, gboolean *truncated, gint64 deadline,
                                GCancellable *cancellable, GError **error);
/* All of it, into @fd; more than @max is CORRUPT_INPUT. */
gboolean domuimg_transfer_file (const char *url, int fd, guint64 max, gint64 deadline,
                                GCancellable *cancellable, GError **error);
