/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Pools of IP addresses that are given out once. A pool is a text file, which is locked while it is looked
 * through and changed, and written in place: an address is a line more, or one line in place of one that
 * was given back. What is said of the network comes first:
 *
 *   network 192.0.2.0/24
 *   range 192.0.2.10 192.0.2.99     (optional)
 *   gateway 192.0.2.1               (optional)
 *   dns 192.0.2.2                   (optional, may be repeated)
 *   lease 192.0.2.10 0e7b1c52       (of somebody who has this token)
 *   freed 192.0.2.11 5f70bf18
 *
 * and lines that begin with # are comments. */

typedef struct {
  char *address;
  guint prefix;
  gboolean is_v6;
  char *gateway; /* (nullable) */
  char **dns;    /* never NULL once one was given */
} DomuimgAddress;

void domuimg_address_clear (DomuimgAddress *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgAddress, domuimg_address_clear)

/* The file of a pool: @pool itself, or where a pool of the network "NET/PREFIX" has it. */
char *domuimg_addresses_locate (const char *pool, GError **error);
/* Whether @pool can give @n out, as things are, that are not among @excluded (nullable). Changes nothing. */
gboolean domuimg_addresses_check (const char *pool, guint n, const char *const *excluded,
                                  GError **error);
/* Gives out the first address that nobody has and that is not among @excluded, to whoever has @token. @gateway
 * (nullable) is noted in the file of a network that knows none yet. NO_SPACE
 * where the pool is full, CORRUPT_INPUT where the file is not a pool. */
gboolean domuimg_addresses_give (const char *pool, const char *token, const char *gateway,
                                 const char *const *excluded, DomuimgAddress *address, GError **error);
/* What @pool says of its network; @address gets none. */
gboolean domuimg_addresses_look (const char *pool, DomuimgAddress *address, GError **error);
/* Gives back what @token has of the pool with this file: FALSE with errno, ENOENT where that is nothing. */
gboolean domuimg_addresses_take_back (const char *file, const char *token);
/* Whether @token has one; TRUE where that cannot be told. */
gboolean domuimg_addresses_has (const char *file, const char *token);
