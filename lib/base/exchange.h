/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Names of files that change without anything being lost. FALSE with errno, and all as it was. */

/* Where @from is then called @to, nothing was before. */
gboolean domuimg_rename_new (const char *from, const char *to);
/* @a has the name @b, and @b, which exists, the name @a, at once. */
gboolean domuimg_exchange (const char *a, const char *b);
/* Finishes or takes back an exchange in which the process was killed, on filesystems that know
 * none. */
void domuimg_exchange_settle (const char *a, const char *b);
/* Makes the names in a directory last. */
gboolean domuimg_sync_directory (const char *path, GError **error);
