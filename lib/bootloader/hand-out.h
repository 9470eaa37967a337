/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/bootloader/options.h"

/* The end of a run: what libxl gets. */

/* "CMDLINE MORE", both nullable; NULL for neither. */
char *domuimg_bootloader_join_args (const char *cmdline, const char *more);
/* The files get their names, and libxl is told. @ramdisk and @args are nullable. */
gboolean domuimg_bootloader_hand_out (const DomuimgBootloaderOptions *self,
                                      DomuimgOutputFile *kernel, DomuimgOutputFile *ramdisk,
                                      const char *args, GCancellable *cancellable, GError **error);
