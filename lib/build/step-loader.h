/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/build/state.h"

/* Chooses a kernel that stays on the guest's disk, and writes the menu for the loader of the
 * plan. NOT_BOOTABLE where it can start none. */
gboolean domuimg_build_use_loader (DomuimgBuildState *self, GError **error);
/* The boot loader fetches the kernel at each start; nothing is known of it before. */
void domuimg_build_use_network (DomuimgBuildState *self);
/* Writes the menu with @kernels (element-type DomuimgKernelChoice), the first of which is to be
 * started. */
gboolean domuimg_build_write_menu (DomuimgBuildState *self, GPtrArray *kernels, GError **error);
/* Where what starts @kernel from the guest's disk is on the Xen host; a warning where it is not on this
 * one. */
void domuimg_build_find_loader (DomuimgBuildState *self, DomuimgKernel *kernel);
