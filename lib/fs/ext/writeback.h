/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Has the kernel begin with putting a file on its disk while more of it is written, so that the last
 * fsync has little to wait for. In a thread: where the disk's queue is full, that call waits. */
typedef struct _DomuimgExtWriteback DomuimgExtWriteback;

/* NULL where no thread can be started. */
DomuimgExtWriteback *domuimg_ext_writeback_new (DomuimgRegion *region);
/* What is written by now is to be begun with; does not wait. */
void domuimg_ext_writeback_begin (DomuimgExtWriteback *self);
void domuimg_ext_writeback_free (DomuimgExtWriteback *self);
