/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A new, empty file for what is in a guest: a disk, an archive, a kernel. Whatever the umask, its
 * owner alone may read and write it, since a guest has secrets, and what in it is one cannot be
 * told. -1 with the error; EXISTS where something has the name. */
int domuimg_private_file_make (const char *path, GError **error);
