/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The address that the kernel below @root has of one of @nics (element-type DomuimgDomainNic), who
 * have talked to this host; NULL without. */
char *domuimg_neighbour_find (const char *root, GPtrArray *nics);
