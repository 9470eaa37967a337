/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A descriptor of a new file, for reading and writing, in @directory (nullable: that for temporary
 * files). It has no name, so that nothing of it is left, whatever happens. -1 on error. */
int domuimg_unnamed_file (const char *directory, GError **error);
