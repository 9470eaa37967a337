/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Whether all of it is zeros. */
gboolean domuimg_is_zero (const void *data, gsize length);
/* Writes @data at @offset of a file that has nothing there yet, and leaves out pages of zeros:
 * whoever calls it sets the file's size at the end. FALSE with errno. */
gboolean domuimg_sparse_write (int fd, const void *data, gsize length, guint64 offset);
