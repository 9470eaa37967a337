/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <stdbool.h>

/* Copies a file, or a directory with all below it, to @to, which does not exist: with owners, modes, times and
 * extended attributes, and with holes where there are only zeros. false with errno at the first thing that fails. */
bool copy_all (const char *from, const char *to);
