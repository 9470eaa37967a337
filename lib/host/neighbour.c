/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "lib/host/neighbour.h"

#include <stdio.h>

#include "domuimg/domain.h"

/* ATF_COM of linux/if_arp.h: the card has answered. */
#define COMPLETE 2

/* A line of /proc/net/arp is "ADDRESS TYPE FLAGS MAC MASK DEVICE". */
static char *
address_of (const char *line, GPtrArray *nics)
{
  char address[64], mac[32];
  unsigned int flags;

  if (sscanf (line, "%63s %*s %x %31s", address, &flags, mac) != 3 || (flags & COMPLETE) == 0)
    return NULL;
  for (guint i = 0; i < nics->len; i++)
    {
      const char *own = domuimg_domain_nic_get_mac (g_ptr_array_index (nics, i));

      if (own != NULL && g_ascii_strcasecmp (own, mac) == 0)
        return g_strdup (address);
    }
  return NULL;
}

char *
domuimg_neighbour_find (const char *root, GPtrArray *nics)
{
  g_autofree char *path = g_strconcat (root, "/proc/net/arp", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  char *address = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; address == NULL && lines[i] != NULL; i++)
    address = address_of (lines[i], nics);
  return address;
}
