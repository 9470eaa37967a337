/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packets of DHCP (RFC 2131, RFC 2132), as far as a guest needs them. */

#define DHCP_PACKET_SIZE 576
#define DHCP_DNS_MAX 3

enum dhcp_type { DHCP_DISCOVER = 1, DHCP_OFFER = 2, DHCP_REQUEST = 3, DHCP_ACK = 5, DHCP_NAK = 6 };

/* Addresses in the order of the network. */
struct dhcp_lease {
  enum dhcp_type type;
  uint32_t address;
  uint32_t server;
  uint32_t mask;
  uint32_t router; /* 0: none */
  uint32_t dns[DHCP_DNS_MAX];
  size_t n_dns;
  uint32_t seconds;
  char domain[256]; /* "": none */
};

/* A packet of ours; its length. @lease: what is requested, NULL to discover. */
size_t dhcp_packet_make (uint8_t packet[DHCP_PACKET_SIZE], uint32_t transaction, const uint8_t mac[6],
                         const struct dhcp_lease *lease, const char *hostname);
/* false for what is not an answer to us. */
bool dhcp_packet_read (const uint8_t *packet, size_t length, uint32_t transaction, const uint8_t mac[6],
                       struct dhcp_lease *lease);
