/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Reads six pairs of hexadecimal digits, all with ":" or all with "-" between. */
gboolean domuimg_mac_read (const char *text, guint8 bytes[6]);
