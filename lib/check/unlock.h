/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"
#include "lib/image/luks-key.h"

/* Adds what is in the encrypted volumes of @image, the guest's disk @disk, to its volumes. */
void domuimg_check_unlock (DomuimgMachine *self, const char *disk, DomuimgImage *image, GPtrArray *volumes);
/* Reports the keys that no disk was there for. */
void domuimg_check_unused_keys (DomuimgMachine *self);
