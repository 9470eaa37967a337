/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* Reads the initramfs before its rule asks for it; what is wrong with it is reported then. */
void domuimg_initramfs_read_ahead (DomuimgMachine *self);
