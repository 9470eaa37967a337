/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Names, MAC addresses and UUIDs of guests. */

/* A domain name: 1 to 128 of A-Z a-z 0-9 . _ + : @ -, the first a letter, digit or "_",
 * not digits only, and not "Domain-0". */
gboolean domuimg_domain_name_check (const char *name, GError **error);

/* A MAC address in Xen's own range 00:16:3e, lower-case with colons. */
char *domuimg_mac_new_random (void);
/* The same for the same @seed, as "GUEST-UUID/0". */
char *domuimg_mac_new_from_seed (const char *seed);
/* Reads a unicast address, with ":" or "-", and returns it in the form above. */
char *domuimg_mac_parse (const char *text, GError **error);

/* A UUID in lower-case text: random (RFC 4122 version 4). */
char *domuimg_uuid_new_random (void);
/* The same for the same @seed: by its SHA-1 (RFC 4122 version 5). */
char *domuimg_uuid_new_from_seed (const char *seed);
/* Reads 8-4-4-4-12 hexadecimal digits, not all zero, and returns them in lower case. */
char *domuimg_uuid_parse (const char *text, GError **error);
