/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/kernel/select.h"

/* (element-type DomuimgKernelChoice) The kernels of a guest: those of domuimg_kernel_list (), and behind them
 * what else its own boot menu starts, in its order and with the command line that it has there: kernels of
 * NixOS, or in the directories of kernel-install. @tree has all of the guest's filesystems that matter. */
GPtrArray *domuimg_guest_list_kernels (DomuimgTree *tree, GError **error);
/* Whether a filesystem is one that kernels are started from, by the names in it. */
gboolean domuimg_guest_is_boot (DomuimgTree *tree);
