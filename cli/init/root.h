/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether this is the initramfs that domuimg made, and not yet the guest's root. */
bool root_is_initramfs (void);
/* Loads the modules of the initramfs, mounts the root that the kernel's command line names, and starts its
 * init. Returns only where that cannot be done. */
void root_switch (char **argv);
/* The value of WORD= on the kernel's command line into @value; false without one. */
bool root_get_parameter (const char *word, char *value, size_t size);
