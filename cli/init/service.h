/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sys/types.h>

#include "cli/init/config.h"

/* Starts the application; -1 where there is no process for it. */
pid_t service_start (const struct config *config);
/* A shell on the console, for who asked for one. */
pid_t service_start_shell (void);
