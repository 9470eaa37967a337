/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the init of a guest reads: answers of a DHCP server and, behind a "#", its own configuration. */
#include "config.h"

#include <glib.h>
#include <string.h>

#include "cli/init/config.h"
#include "cli/init/dhcp-packet.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const guint8 mac[6] = { 0, 0x16, 0x3e, 1, 2, 3 };
  g_autofree char *text = g_strndup ((const char *) data, size);
  struct dhcp_lease lease;
  struct config config;

  if (dhcp_packet_read (data, size, 0x04030201, mac, &lease))
    g_assert_cmpuint (lease.n_dns, <=, DHCP_DNS_MAX);
  if (*text != '#')
    return 0;
  if (config_parse (&config, text))
    g_assert_nonnull (config.argv[0]);
  config_clear (&config);
  return 0;
}
