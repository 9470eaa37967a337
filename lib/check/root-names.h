/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* What root= may say, and who resolves it. */

/* (transfer full) (nullable) The device that a number means: "/dev/xvda1" for "ca01" and "202:1". */
char *domuimg_root_name_of_number (const char *root);
/* Whether the kernel itself finds it, without an initramfs. */
gboolean domuimg_root_is_for_kernel (const char *root);
/* Whether it names no disk of the guest, but the network, memory, or what only an initramfs knows how to
 * find. */
gboolean domuimg_root_is_elsewhere (DomuimgMachine *self, const char *root);
/* (nullable) (transfer full) The script of initramfs-tools, other than its usual one, that looks for a root
 * in its own way: "live", by boot= on the command line. */
char *domuimg_root_find_script (DomuimgMachine *self);
