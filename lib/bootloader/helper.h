/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/bootloader/confine.h"

/* grub-fstest, started for one file or directory after the other. It sees a root with libraries and
 * the disk only, can write nothing, has no network and cannot start anything. */

/* A request: 'l' to list or 'c' to give a file, its name in GRUB's form (none: the devices), and
 * which bytes. Its answer: whether it worked, and what came. */
#define DOMUIMG_HELPER_REQUEST "(yaytt)"
#define DOMUIMG_HELPER_ANSWER "(bay)"
/* The most bytes of a file for each answer. */
#define DOMUIMG_HELPER_PIECE (8 << 20)

/* It answers on @channel. NULL and no error where there is no such program. */
DomuimgConfined *domuimg_helper_start (int disk, int channel, GError **error);
