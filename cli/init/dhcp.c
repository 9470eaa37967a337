/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A client of DHCP: asks for an address, and asks again before it ends. */
#define _GNU_SOURCE
#include "cli/init/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/init/dhcp-packet.h"
#include "cli/init/link.h"
#include "cli/init/say.h"

#define SERVER_PORT 67
#define CLIENT_PORT 68
#define WAIT_FIRST_MS 500
#define WAIT_MAX_MS 16000
#define TRIES 6
/* A server that refuses on and on is not to be flooded; RFC 2131, 3.1, has this wait after a declined address. */
#define REFUSED_SECONDS 10
/* For a server that does not say for how long. */
#define LEASE_SECONDS 3600
#define LEASE_MIN 60

struct client {
  const struct config *config;
  const char *name;
  uint8_t mac[6];
  uint32_t transaction;
  int fd;
  struct dhcp_lease applied; /* without an address: none yet */
};

/* The port is bound without an address of ours: the card is enough. */
static int
open_socket (const char *name)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons (CLIENT_PORT) };

  if (fd >= 0
      && (setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0
          || setsockopt (fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) != 0
          || setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, name, (socklen_t) strlen (name) + 1) != 0
          || bind (fd, (struct sockaddr *) &own, sizeof own) != 0))
    {
      say_errno ("%s: DHCP", name);
      close (fd);
      return -1;
    }
  return fd;
}

static void
send_packet (struct client *self, const struct dhcp_lease *lease)
{
  uint8_t packet[DHCP_PACKET_SIZE];
  size_t length
      = dhcp_packet_make (packet, self->transaction, self->mac, lease, self->config->hostname);
  struct sockaddr_in all = { .sin_family = AF_INET,
                             .sin_port = htons (SERVER_PORT),
                             .sin_addr.s_addr = htonl (INADDR_BROADCAST) };

  if (sendto (self->fd, packet, length, 0, (struct sockaddr *) &all, sizeof all) < 0)
    say_errno ("%s: DHCP", self->name);
}

static long
now_ms (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* By a number of its own, an answer that comes late is not taken for one to the next question. */
static void
begin_transaction (struct client *self)
{
  /* Blocks until the kernel has entropy, which the application wants, too. */
  if (getrandom (&self->transaction, sizeof self->transaction, 0) < 0)
    self->transaction = (uint32_t) now_ms ();
}

/* A refusal answers a request only. */
static bool
is_answer (const struct dhcp_lease *lease, enum dhcp_type wanted)
{
  return lease->type == wanted || (wanted == DHCP_ACK && lease->type == DHCP_NAK);
}

/* The next answer to us within the time: of the wanted kind, or a refusal. Other servers' offers are passed
 * over. */
static bool
receive (struct client *self, long milliseconds, enum dhcp_type wanted, struct dhcp_lease *lease)
{
  long end = now_ms () + milliseconds, left;
  uint8_t packet[2048];

  while ((left = end - now_ms ()) > 0)
    {
      struct pollfd poller = { self->fd, POLLIN, 0 };
      ssize_t length;

      if (poll (&poller, 1, (int) left) <= 0)
        continue;
      length = recv (self->fd, packet, sizeof packet, 0);
      if (length > 0
          && dhcp_packet_read (packet, (size_t) length, self->transaction, self->mac, lease)
          && is_answer (lease, wanted))
        return true;
    }
  return false;
}

/* Sends until there is an answer of the right kind, more and more seldom. Says why there is none. */
static bool
converse (struct client *self, const struct dhcp_lease *wanted, enum dhcp_type type,
          struct dhcp_lease *answer)
{
  long wait = WAIT_FIRST_MS;

  for (int i = 0; i < TRIES; i++)
    {
      send_packet (self, wanted);
      if (receive (self, wait, type, answer))
        {
          if (answer->type == type)
            return true;
          say ("%s: the DHCP server refuses the address; asking anew in %d s", self->name, REFUSED_SECONDS);
          sleep_ms (REFUSED_SECONDS * 1000);
          return false;
        }
      wait = wait * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : wait * 2;
    }
  say ("%s: no answer from a DHCP server; asking on", self->name);
  return false;
}

void
dhcp_write_resolv (const struct config *config, const char *const *extra, const char *domain)
{
  FILE *file;

  /* Nothing is known: what the image has stays. */
  if (*domain == '\0' && config->n_dns == 0 && extra[0] == NULL)
    return;
  file = fopen ("/etc/resolv.conf", "we");
  if (file != NULL && *domain != '\0')
    fprintf (file, "search %s\n", domain);
  for (size_t i = 0; file != NULL && i < config->n_dns; i++)
    fprintf (file, "nameserver %s\n", config->dns[i]);
  for (size_t i = 0; file != NULL && config->n_dns == 0 && extra[i] != NULL; i++)
    fprintf (file, "nameserver %s\n", extra[i]);
  if (file == NULL || fclose (file) != 0)
    say_errno ("writing /etc/resolv.conf");
}

/* Whether two answers would have the guest set up alike. */
static bool
is_same (const struct dhcp_lease *one, const struct dhcp_lease *other)
{
  return one->address == other->address && one->mask == other->mask && one->router == other->router
         && one->n_dns == other->n_dns && memcmp (one->dns, other->dns, one->n_dns * sizeof *one->dns) == 0
         && strcmp (one->domain, other->domain) == 0;
}

static void
apply (struct client *self, const struct dhcp_lease *lease)
{
  char texts[DHCP_DNS_MAX][INET_ADDRSTRLEN], address[INET_ADDRSTRLEN];
  const char *dns[DHCP_DNS_MAX + 1] = { NULL };

  if (is_same (&self->applied, lease))
    return;
  if (self->applied.router != 0 && self->applied.router != lease->router)
    link_drop_router (self->name, self->applied.router);
  self->applied = *lease;
  link_set_address (self->name, lease->address, lease->mask != 0 ? lease->mask : htonl (0xffffff00));
  if (lease->router != 0)
    link_set_router (self->name, lease->router);
  for (size_t i = 0; i < lease->n_dns; i++)
    dns[i] = inet_ntop (AF_INET, &lease->dns[i], texts[i], sizeof texts[i]);
  dhcp_write_resolv (self->config, dns, lease->domain);
  inet_ntop (AF_INET, &lease->address, address, sizeof address);
  say ("%s has the address %s", self->name, address);
}

static unsigned
lease_seconds (const struct dhcp_lease *lease)
{
  unsigned seconds = lease->seconds != 0 ? lease->seconds : LEASE_SECONDS;

  return seconds < LEASE_MIN ? LEASE_MIN : seconds;
}

/* Half a lease after each answer it is asked for again; without an answer, all begins anew. */
static void
keep (struct client *self, struct dhcp_lease *lease)
{
  struct dhcp_lease next;

  do
    {
      sleep_ms (lease_seconds (lease) > 4000000 ? 2000000000 : lease_seconds (lease) * 500);
      begin_transaction (self);
      if (!converse (self, lease, DHCP_ACK, &next))
        return;
      apply (self, &next);
      *lease = next;
    }
  while (true);
}

void
dhcp_run (const struct config *config, const char *name, int ready)
{
  struct client self = { .config = config, .name = name };
  struct dhcp_lease offer, lease;
  bool is_first = true;

  if (!link_get_mac (name, self.mac) || (self.fd = open_socket (name)) < 0)
    _exit (1);
  while (true)
    {
      begin_transaction (&self);
      if (!converse (&self, NULL, DHCP_OFFER, &offer) || !converse (&self, &offer, DHCP_ACK, &lease))
        continue;
      apply (&self, &lease);
      if (is_first)
        close (ready);
      is_first = false;
      keep (&self, &lease);
    }
}
