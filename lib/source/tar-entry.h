/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/entry.h"

struct archive_entry;

/* What @from, of the archive called @name, is in a guest. UNSAFE_INPUT for absolute names and ones
 * that lead out of it. */
DomuimgEntry *domuimg_tar_entry_new (const char *name, struct archive_entry *from, GError **error);
