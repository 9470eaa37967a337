/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Writes what GRUB would have saved: the only thing that the boot loader ever writes to a guest's disk.
 * @saves (element-type DomuimgBootloaderSave) are of a process that the disk may have taken over: a place is
 * written only if it holds an environment block of GRUB now, and holds one with these variables then. Not
 * while somebody else uses the disk. @disk is the open file at @path. */
gboolean domuimg_bootloader_save (const char *path, int disk, const GPtrArray *saves, GError **error);
