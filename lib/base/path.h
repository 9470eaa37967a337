/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/stat.h>

#include "lib/base/base.h"

/* What is at @path, symlinks followed; st_mode is 0 where there is nothing. FALSE with an error where
 * that cannot be told. */
gboolean domuimg_path_look (const char *path, struct stat *status, GError **error);
