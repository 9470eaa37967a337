/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Whether somebody writes to a file, now and for as long as a lease is held. Whoever opens the file
 * for writing meanwhile breaks the lease, and waits for its end. */

typedef enum {
  DOMUIMG_LEASE_HELD,
  DOMUIMG_LEASE_BUSY,   /* somebody has the file open for writing */
  DOMUIMG_LEASE_UNKNOWN /* it cannot be told here, as on some network filesystems */
} DomuimgLeaseState;

/* A regular file; *@fd holds the lease, and is -1 where none is held. */
DomuimgLeaseState domuimg_lease_take (const char *path, int *fd);
/* Whether nobody has opened the file for writing since. */
gboolean domuimg_lease_is_whole (int fd);
void domuimg_lease_end (int fd);

/* Whether somebody has the file open for writing, or uses the block device: an image of a guest
 * that runs. FALSE, too, where that cannot be told. */
gboolean domuimg_file_is_busy (const char *path);
