/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include "domuimg/error.h"

/* Sets @error from errno value @saved_errno, prefixed with a formatted text:
 * ENOSPC, EACCES, ENOENT, EEXIST get their codes, all others IO.
 * Returns FALSE for `return domuimg_set_errno (...)`. */
gboolean domuimg_set_errno (GError **error, int saved_errno, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Sets @error and returns FALSE. */
gboolean domuimg_fail (GError **error, DomuimgError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);
