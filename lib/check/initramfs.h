/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* Reads the initramfs before its rule asks for it; what is wrong with it is reported then. */
void domuimg_initramfs_read_ahead (DomuimgMachine *self);
/* Whether Linux unpacks it, and starts its first program; reported if not. */
gboolean domuimg_initramfs_check_start (DomuimgMachine *self);
/* Whether one of the usual programs made it: its /init goes by root=. */
gboolean domuimg_initramfs_is_of_a_distribution (DomuimgInitramfs *self);
/* (nullable) Of one that was made by hand, the device that its /init mounts first. */
char *domuimg_initramfs_find_mounted (DomuimgInitramfs *self);
/* Whether it starts a login on the console itself. */
gboolean domuimg_initramfs_starts_login (DomuimgInitramfs *self, const char *console);
