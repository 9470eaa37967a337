/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Does what a boot loader does for Xen, as pygrub, whose options it takes: reads the boot menu on a
 * guest's disk, lets somebody choose where stdin and stdout are a terminal, puts copies of the
 * chosen kernel and ramdisk into a directory, and says in a file which they are and what the
 * command line is. The format is that of Xen's libxl_bootloader.c.
 *
 * @argv are a program's arguments, its name first, as libxl gives them to what bootloader= in
 * xl.cfg names: --output=FILE, --output-format=simple0, --output-directory=DIR, more, and at last
 * the guest's disk.
 *
 * With --net kernel and ramdisk come from the network, and this process becomes, by execve(2),
 * domuimg-netboot; the call returns only where that is not possible.
 *
 * The disk is read by a process of its own without rights, files, network and programs; since it is
 * forked off, no other thread may hold locks when this is called. On failure nothing is left
 * in the directory.
 *
 * Errors: NOT_FOUND (no menu, entry or file), NOT_BOOTABLE (no kernel), CORRUPT_INPUT, UNSAFE_INPUT
 * (the process that reads the disk broke down), MISSING_TOOL, NO_SPACE, INVALID_ARGUMENT, others. */
gboolean domuimg_bootloader_run (char **argv, GCancellable *cancellable, GError **error);
