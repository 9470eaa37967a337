/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

#define DOMUIMG_ADDRESS_TOKEN_LENGTH 8

/* The addresses of a network that guests can have: those between the network's own and the broadcast address
 * (RFC 922), all of one with two addresses (RFC 3021) or one. */
typedef struct {
  guint length; /* bytes of an address; 0: nothing is known */
  guint prefix;
  guint8 first[16];
  guint8 last[16];
} DomuimgAddressRange;

/* The network "192.0.2.0/24" or "2001:db8::/64"; *@canonical (nullable) is the network so, without bits of a host. */
gboolean domuimg_address_range_parse (DomuimgAddressRange *self, const char *network, char **canonical);
/* To those from @first to @last, which are in the network. */
gboolean domuimg_address_range_narrow (DomuimgAddressRange *self, const char *first, const char *last);
/* (transfer full) (nullable) The first that is not among @taken, a set of texts. */
char *domuimg_address_range_find (const DomuimgAddressRange *self, GHashTable *taken);
