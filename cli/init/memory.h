/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/init/config.h"

/* On a root that can only be read: lays a copy in memory over each place that the application may write to. What
 * cannot be copied stays as it is, and is told of on the console. */
void memory_lay (const struct config *config);
