/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"

/* Modules of a kernel that is not the guest's own. */

/* Adds what they take, as they are on the host, to @usage. NOT_BOOTABLE where the kernel
 * @version has none. */
gboolean domuimg_host_modules_measure (DomuimgTree *host, const char *version, DomuimgUsage *usage,
                                       GError **error);
/* Copies them into the guest, unpacked if its modprobe cannot read them as they are, with
 * depmod's files. NO_SPACE before anything is written. */
gboolean domuimg_host_modules_copy (DomuimgBuildState *self, DomuimgTree *host, const char *version,
                                    GCancellable *cancellable, GError **error);
