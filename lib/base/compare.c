/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of names in lists. */
#include "config.h"
#include "lib/base/compare.h"

#include <string.h>

int
domuimg_compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}
