/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* Whether the guest's modprobe reads modules whose names end in ".ko" and @suffix: ".gz", ".xz"
 * or ".zst". FALSE where it cannot be told, as of busybox. */
gboolean domuimg_guest_reads_modules (DomuimgTree *tree, const char *suffix);
