/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/init/config.h"

/* The loopback, and the cards of the configuration; waits some seconds for addresses by DHCP, which go on being
 * asked for. */
void network_start (const struct config *config);
