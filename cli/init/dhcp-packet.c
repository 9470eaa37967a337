/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes and reads packets of DHCP, from bytes to values. */
#include "cli/init/dhcp-packet.h"

#include <ctype.h>
#include <string.h>

#define COOKIE_AT 236
#define OPTIONS_AT 240
/* Where the fixed fields lie, by RFC 2131. */
#define XID_AT 4
#define FLAGS_AT 10
#define YOUR_ADDRESS_AT 16
#define MAC_AT 28

enum option {
  PAD = 0,
  MASK = 1,
  ROUTER = 3,
  DNS = 6,
  HOSTNAME = 12,
  DOMAIN = 15,
  WANTED_ADDRESS = 50,
  LEASE = 51,
  TYPE = 53,
  SERVER = 54,
  PARAMETERS = 55,
  END = 255,
};

static const uint8_t cookie[] = { 99, 130, 83, 99 };

static uint8_t *
add (uint8_t *to, enum option option, const void *value, size_t length)
{
  *to++ = option;
  *to++ = (uint8_t) length;
  memcpy (to, value, length);
  return to + length;
}

size_t
dhcp_packet_make (uint8_t packet[DHCP_PACKET_SIZE], uint32_t transaction, const uint8_t mac[6],
                  const struct dhcp_lease *lease, const char *hostname)
{
  static const uint8_t wanted[] = { MASK, ROUTER, DNS, DOMAIN, LEASE };
  uint8_t type = lease == NULL ? DHCP_DISCOVER : DHCP_REQUEST;
  uint8_t *at = packet + OPTIONS_AT;
  size_t length = hostname != NULL ? strlen (hostname) : 0;

  memset (packet, 0, DHCP_PACKET_SIZE);
  packet[0] = 1; /* a request, */
  packet[1] = 1; /* on Ethernet, */
  packet[2] = 6; /* with addresses of so many bytes */
  memcpy (packet + XID_AT, &transaction, sizeof transaction);
  /* Answers are to be broadcast: we have no address that they could be sent to. */
  packet[FLAGS_AT] = 0x80;
  memcpy (packet + MAC_AT, mac, 6);
  memcpy (packet + COOKIE_AT, cookie, sizeof cookie);
  at = add (at, TYPE, &type, 1);
  if (lease != NULL)
    {
      at = add (at, WANTED_ADDRESS, &lease->address, sizeof lease->address);
      at = add (at, SERVER, &lease->server, sizeof lease->server);
    }
  if (length > 0 && length < 64)
    at = add (at, HOSTNAME, hostname, length);
  at = add (at, PARAMETERS, wanted, sizeof wanted);
  *at++ = END;
  return (size_t) (at - packet) < 300 ? 300 : (size_t) (at - packet);
}

static uint32_t
read_address (const uint8_t *value, size_t length)
{
  uint32_t address = 0;

  if (length >= sizeof address)
    memcpy (&address, value, sizeof address);
  return address;
}

/* It goes to resolv.conf. */
static void
take_domain (struct dhcp_lease *lease, const uint8_t *value, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (!isalnum (value[i]) && value[i] != '.' && value[i] != '-')
      return;
  memcpy (lease->domain, value, length);
  lease->domain[length] = '\0';
}

static void
take_option (struct dhcp_lease *lease, uint8_t option, const uint8_t *value, size_t length)
{
  uint32_t number = read_address (value, length);

  if (option == TYPE && length == 1)
    lease->type = value[0];
  else if (option == MASK)
    lease->mask = number;
  else if (option == ROUTER)
    lease->router = number;
  else if (option == SERVER)
    lease->server = number;
  else if (option == DOMAIN)
    take_domain (lease, value, length);
  else if (option == LEASE && length == 4)
    lease->seconds = (uint32_t) value[0] << 24 | (uint32_t) value[1] << 16 | (uint32_t) value[2] << 8 | value[3];
  else if (option == DNS)
    for (; length >= 4 && lease->n_dns < DHCP_DNS_MAX; value += 4, length -= 4)
      lease->dns[lease->n_dns++] = read_address (value, length);
}

bool
dhcp_packet_read (const uint8_t *packet, size_t length, uint32_t transaction, const uint8_t mac[6],
                  struct dhcp_lease *lease)
{
  size_t at = OPTIONS_AT;

  memset (lease, 0, sizeof *lease);
  if (length < OPTIONS_AT || packet[0] != 2 || memcmp (packet + XID_AT, &transaction, sizeof transaction) != 0
      || memcmp (packet + MAC_AT, mac, 6) != 0 || memcmp (packet + COOKIE_AT, cookie, sizeof cookie) != 0)
    return false;
  memcpy (&lease->address, packet + YOUR_ADDRESS_AT, sizeof lease->address);
  while (at < length && packet[at] != END)
    {
      if (packet[at] == PAD)
        at++;
      else if (at + 1 < length && at + 2 + packet[at + 1] <= length)
        {
          take_option (lease, packet[at], packet + at + 2, packet[at + 1]);
          at += 2 + (size_t) packet[at + 1];
        }
      else
        return false;
    }
  return lease->type == DHCP_OFFER || lease->type == DHCP_ACK || lease->type == DHCP_NAK;
}
