/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Files of an ISO 9660 image, by libarchive: nothing is mounted. Paths are relative to its root. */

/* Whether the file at @path begins as one. */
gboolean domuimg_iso_is (const char *path);
/* Its volume identifier, any bytes, without the blanks at its end; may be empty. */
char *domuimg_iso_read_label (const char *path, GError **error);
/* FALSE with NOT_FOUND where it is not there. */
gboolean domuimg_iso_has (const char *iso, const char *path, GCancellable *cancellable,
                          GError **error);
/* All of a file; more than @max bytes are CORRUPT_INPUT. */
GBytes *domuimg_iso_read (const char *iso, const char *path, guint64 max,
                          GCancellable *cancellable, GError **error);
/* Its bytes, in pieces; FALSE stops. */
typedef gboolean (*DomuimgIsoTake) (const void *data, gsize length, gpointer user_data,
                                    GError **error);
gboolean domuimg_iso_stream (const char *iso, const char *path, DomuimgIsoTake take,
                             gpointer user_data, GError **error);
