/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/disk/layout.h"

/* Puts GRUB for a PC's BIOS on a disk, as grub-bios-setup does: @boot is its boot.img, which goes
 * into the first sector around the partition table, and @core a core.img of grub-mkimage, which lies
 * at @place. NO_SPACE where it is larger than that. */
gboolean domuimg_boot_code_install (const DomuimgRegion *disk, GBytes *boot, GBytes *core,
                                    const DomuimgExtent *place, GError **error);
