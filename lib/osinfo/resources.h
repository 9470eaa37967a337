/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a system needs, in bytes; 0 where it is not known. */
typedef struct {
  guint64 least_memory;
  guint64 memory; /* recommended */
  guint64 storage;
} DomuimgOsinfoResources;

/* By a word that names it: libosinfo's short name ("fedora37"), the same with a dash, or a code name
 * ("bookworm"). All is 0 where nothing knows it, or there is no libosinfo. */
DomuimgOsinfoResources domuimg_osinfo_find_resources (const char *word);
