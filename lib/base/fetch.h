/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The bytes behind @uri (http, https, ftp, file), by libcurl. NOT_FOUND where the server
 * says that it has no such file, NETWORK where it was not reached or failed. More than
 * @max bytes are CORRUPT_INPUT. */
GBytes *domuimg_fetch (const char *uri, gsize max, GCancellable *cancellable, GError **error);
