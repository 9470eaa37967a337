/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/progress.h"

/* The bytes behind @uri (http, https, ftp, file), by libcurl. NOT_FOUND where the server
 * says that it has no such file, NETWORK where it was not reached or failed. More than
 * @max bytes are CORRUPT_INPUT. */
GBytes *domuimg_fetch (const char *uri, gsize max, GCancellable *cancellable, GError **error);
/* As fetch, into a file and of any size. */
gboolean domuimg_fetch_to_fd (const char *uri, int fd, DomuimgProgress *progress,
                              GCancellable *cancellable, GError **error);
