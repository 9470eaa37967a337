/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Opens @path with @flags of open(2), readable and writable, and locks it for this process; what is
 * made is its owner's alone. -1 with errno: EWOULDBLOCK where another process has it locked, ESTALE
 * where it was removed or renamed between the two. What O_EXCL has made goes again where it cannot be locked. */
int domuimg_locked_file_open (const char *path, int flags);
/* The same, but others may share the lock. */
int domuimg_locked_file_share (const char *path, int flags);
/* Whether nobody else has the lock of @fd, which is this process's alone then. */
gboolean domuimg_locked_file_is_last (int fd);
