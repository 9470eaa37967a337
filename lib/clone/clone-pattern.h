/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* A name with one "%d", or "%03d" for at least three digits. INVALID_ARGUMENT where it has none, or
 * more. */
gboolean domuimg_clone_pattern_check (const char *pattern, GError **error);
char *domuimg_clone_pattern_expand (const char *pattern, guint number);
