/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* Orders pointers to strings by their bytes, for g_ptr_array_sort (), qsort () and bsearch (). */
int domuimg_compare_strings (gconstpointer a, gconstpointer b);
