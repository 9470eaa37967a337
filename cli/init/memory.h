/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/init/config.h"

/* Lays copies in memory over /run and /tmp and, on a root that can only be read, over each place that the
 * application may write to. What cannot be copied is told of on the console, and stays as it is; of /run and /tmp
 * there are then empty ones. */
void memory_lay (const struct config *config);
