/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Opens the directory @path, to list it: *@dir is NULL where there is none. FALSE, PERMISSION or IO,
 * where that cannot be told. */
gboolean domuimg_directory_open_if_any (const char *path, GDir **dir, GError **error);
