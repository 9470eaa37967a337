/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* The block device @device as a region whose large writes go past the kernel's cache: nobody reads most
 * of them again, and a cache in between costs a copy. @device itself where that is not possible. */
DomuimgRegion *domuimg_direct_new (DomuimgRegion *device);
/* (unowned) What it writes to. */
const DomuimgRegion *domuimg_direct_get_device (const DomuimgRegion *self);
