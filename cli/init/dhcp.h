/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "cli/init/config.h"

/* Keeps an address for the card @name for as long as the guest runs: in a process of its own, since its bytes
 * come from the network. Closes @ready once there is an address. Does not return. */
void dhcp_run (const struct config *config, const char *name, int ready) __attribute__ ((noreturn));
/* Writes resolv.conf; @extra is a list ended by NULL. */
void dhcp_write_resolv (const struct config *config, const char *const *extra, const char *domain);
