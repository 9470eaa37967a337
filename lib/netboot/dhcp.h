/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/netboot/dhcp-packet.h"

typedef struct {
  const char *interface;
  guint8 mac[6];
  const guint8 *uuid;     /* (nullable) 16 bytes */
  const char *user_class; /* (nullable) */
  gint64 deadline;        /* of g_get_monotonic_time () */
} DomuimgDhcpOptions;

/* Asks as the guest's card would, and configures nothing. An answer has an address. NETWORK where
 * there was no answer. */
DomuimgDhcpReply *domuimg_dhcp_ask (const DomuimgDhcpOptions *options, GCancellable *cancellable,
                                    GError **error);
/* The first bridge of the host by number, as Xen's vif-bridge takes it where vif= names none; NULL
 * with NOT_FOUND. */
char *domuimg_dhcp_find_bridge (GError **error);
