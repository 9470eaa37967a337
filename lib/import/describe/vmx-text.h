/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The keys of a .vmx, lower case, with their values: lines of `key = "value"`, where |22 is a
 * quotation mark, in the encoding that a line .encoding names, or one that fits. */
GHashTable *domuimg_vmx_text_parse (const char *text, gsize length, const char *name,
                                    GError **error);
/* The whole text as UTF-8; NULL where it is UTF-8 already, or does not say what else it is. */
char *domuimg_vmx_text_decode (const char *text, gsize length);
