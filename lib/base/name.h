/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The name of a guest: 1 to 128 of A-Z a-z 0-9 . _ + : @ -, the first a letter, digit or "_",
 * not digits only, and not "Domain-0". INVALID_ARGUMENT says what is wrong. */
gboolean domuimg_name_check (const char *name, GError **error);
