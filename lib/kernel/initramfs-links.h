/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* (transfer full) (nullable) What @path, without a leading "/", is once the links among its directories are
 * followed; NULL where they lead in a circle. @links has their targets by their names; the last part of
 * @path is not followed. */
char *domuimg_initramfs_follow (GHashTable *links, const char *path);
