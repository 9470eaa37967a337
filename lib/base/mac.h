/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* MAC addresses. */

/* Reads six pairs of hexadecimal digits, all with ":" or all with "-" between. */
gboolean domuimg_mac_read (const char *text, guint8 bytes[6]);
/* Whether it is of a group, which no interface can have. */
gboolean domuimg_mac_is_multicast (const guint8 bytes[6]);
/* In lower case, with ":". */
char *domuimg_mac_format (const guint8 bytes[6]);
/* Reads the address of an interface: unicast, not all zero; and returns it in the form above. */
char *domuimg_mac_parse (const char *text, GError **error);
