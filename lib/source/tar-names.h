/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/bytes.h"

/* The names of an entry as they stand in its pax headers. libarchive takes them for UTF-8
 * and composes accents; to a filesystem they are bytes. @headers start where the entry's
 * headers do. FALSE where they are cut off; names that no header gives stay NULL. */
gboolean domuimg_tar_raw_names (DomuimgBytes headers, char **path, char **link);
