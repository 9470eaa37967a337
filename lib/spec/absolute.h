/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Files in the values of a specification, for one that is read again when the directory it was written for is
 * no longer the current one. */

/* (transfer full) The value with paths that begin in @directory. */
char *domuimg_spec_make_absolute (const char *key, const char *value, const char *directory);
/* (transfer full) The files that an absolute value names and that are read for a guest. */
char **domuimg_spec_list_inputs (const char *key, const char *value);
