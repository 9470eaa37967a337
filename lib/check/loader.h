/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* What loads the kernel of a machine. */

/* Sets the machine's loader by its configuration. FALSE where nothing, or nothing known, loads a
 * kernel, which is reported. */
gboolean domuimg_loader_find (DomuimgMachine *self);
/* Whether the first disk has what the guest's firmware starts; reported if not. */
gboolean domuimg_loader_check_firmware (DomuimgMachine *self);
/* With no menu: whether nothing is on the first disk that the firmware, or what it starts, could go on
 * with; reported if so. */
gboolean domuimg_loader_check_empty (DomuimgMachine *self);
/* For an image without a configuration: what `domuimg create --kernel guest` would take. */
void domuimg_loader_choose_kernel (DomuimgMachine *self);
/* Whether it can look into the filesystem of @device. */
gboolean domuimg_loader_reads (const DomuimgGuestBoot *boot, const DomuimgDevice *device);
/* Names the loader as the subject of a sentence: "pygrub". */
const char *domuimg_loader_describe (const DomuimgGuestBoot *boot);
