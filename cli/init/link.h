/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

/* Network cards, by the kernel's oldest calls, which need no library. */

/* The name of the card with this address, once it is there. */
bool link_wait (const char *mac, char name[IFNAMSIZ], unsigned seconds);
bool link_get_mac (const char *name, uint8_t mac[6]);
bool link_up (const char *name);
/* Both in the order of the network. */
bool link_set_address (const char *name, uint32_t address, uint32_t mask);
bool link_set_router (const char *name, uint32_t router);
bool link_drop_router (const char *name, uint32_t router);
/* The same as text: ADDRESS/PREFIX of IPv4 or IPv6, and the address of a router. */
bool link_add_address_text (const char *name, const char *text);
bool link_add_router_text (const char *name, const char *text);
