/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/netboot/dhcp-packet.h"

typedef struct {
  guint8 mac[6];
  const guint8 *uuid;     /* (nullable) 16 bytes */
  const char *user_class; /* (nullable) */
  gint64 deadline;        /* of g_get_monotonic_time () */
} DomuimgDhcpOptions;

/* Asks as the guest's card would, and configures nothing. */
typedef struct _DomuimgDhcp DomuimgDhcp;

/* Opens what needs root. @interface is copied. NOT_FOUND where it is not there. */
DomuimgDhcp *domuimg_dhcp_open (const char *interface, GError **error);
void domuimg_dhcp_free (DomuimgDhcp *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgDhcp, domuimg_dhcp_free)
const char *domuimg_dhcp_get_interface (DomuimgDhcp *self);
#define DOMUIMG_DHCP_FDS 2
/* Into @fds; how many. */
guint domuimg_dhcp_get_fds (DomuimgDhcp *self, int fds[DOMUIMG_DHCP_FDS]);
/* An answer has an address. NETWORK where there was no answer. */
DomuimgDhcpReply *domuimg_dhcp_ask (DomuimgDhcp *self, const DomuimgDhcpOptions *options,
                                    GCancellable *cancellable, GError **error);
/* The first bridge of the host by number, as Xen's vif-bridge takes it where vif= names none; NULL
 * with NOT_FOUND. */
char *domuimg_dhcp_find_bridge (GError **error);
