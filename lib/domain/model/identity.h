/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"
#include "lib/base/mac.h"

/* MAC addresses and UUIDs for new guests. */

/* A MAC address in Xen's own range 00:16:3e, lower-case with colons. */
char *domuimg_mac_new_random (void);
/* The same for the same @seed, as "GUEST-UUID/0". */
char *domuimg_mac_new_from_seed (const char *seed);

/* A UUID in lower-case text: random (RFC 4122 version 4). */
char *domuimg_uuid_new_random (void);
/* The same for the same @seed: by its SHA-1 (RFC 4122 version 5). */
char *domuimg_uuid_new_from_seed (const char *seed);
/* Reads 8-4-4-4-12 hexadecimal digits, not all zero, and returns them in lower case. */
char *domuimg_uuid_parse (const char *text, GError **error);
