/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The version that a GRUB image on the host says it has ("2.06-13+deb12u2"); NULL where it is not
 * there, or does not say. */
char *domuimg_grub_read_version (const char *path);
