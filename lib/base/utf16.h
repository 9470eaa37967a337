/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Text in UTF-16, as Windows writes it (PowerShell's ">" does), with a mark of its byte order or
 * without one, if it begins with ASCII. NULL for anything else, and for what is not valid; the result is
 * UTF-8 without a mark. */
char *domuimg_utf16_to_utf8 (const char *text, gsize length, gsize *converted);
