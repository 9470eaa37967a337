/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The path of the device that @spec means, UUID=… or /dev/…, once it is there: disks appear while the kernel
 * talks to their back ends. false after @seconds. */
bool disk_wait (const char *spec, char *path, size_t size, unsigned seconds);
/* Mounts @device at @place; without a @type, every one that the kernel has is tried. */
bool disk_mount (const char *device, const char *place, const char *type, unsigned long flags,
                 const char *options);
/* Has the mounted ext filesystem take all of its device. */
void disk_grow (const char *place);
