/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings the guest's network up, as its configuration says. */
#define _GNU_SOURCE
#include "cli/init/network.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/init/dhcp.h"
#include "cli/init/link.h"
#include "cli/init/say.h"

#define CARD_SECONDS 5
#define DHCP_SECONDS 15

/* The end of a pipe that closes when the card has an address. */
static int
start_dhcp (const struct config *config, const char *name)
{
  int ends[2];

  if (pipe2 (ends, O_CLOEXEC) != 0)
    return -1;
  if (fork () == 0)
    {
      sigset_t none;

      /* The end of the guest is to be its end, too. */
      sigemptyset (&none);
      sigprocmask (SIG_SETMASK, &none, NULL);
      close (ends[0]);
      dhcp_run (config, name, ends[1]);
    }
  close (ends[1]);
  return ends[0];
}

static int
start_card (const struct config *config, const struct nic *nic)
{
  static const char *const none[] = { NULL };
  char name[IFNAMSIZ];

  if (!link_wait (nic->mac, name, CARD_SECONDS) || !link_up (name))
    return -1;
  for (size_t i = 0; i < config->n_addresses; i++)
    if (strcmp (config->addresses[i].mac, nic->mac) == 0)
      link_add_address_text (name, config->addresses[i].text);
  for (size_t i = 0; i < config->n_gateways; i++)
    if (strcmp (config->gateways[i].mac, nic->mac) == 0)
      link_add_router_text (name, config->gateways[i].text);
  if (nic->is_dhcp)
    return start_dhcp (config, name);
  dhcp_write_resolv (config, none, "");
  return -1;
}

void
network_start (const struct config *config)
{
  int *ready = calloc (config->n_nics, sizeof *ready);
  char byte;

  link_up ("lo");
  if (ready == NULL && config->n_nics > 0)
    {
      say_errno ("starting %zu network cards", config->n_nics);
      return;
    }
  for (size_t i = 0; i < config->n_nics; i++)
    ready[i] = start_card (config, &config->nics[i]);
  for (size_t i = 0; i < config->n_nics; i++)
    {
      struct pollfd poller = { ready[i], POLLIN, 0 };

      if (ready[i] < 0)
        continue;
      if (poll (&poller, 1, DHCP_SECONDS * 1000) == 0 || read (ready[i], &byte, 1) < 0)
        say ("the card %s has no address yet; the application starts all the same", config->nics[i].mac);
      close (ready[i]);
    }
  free (ready);
}
