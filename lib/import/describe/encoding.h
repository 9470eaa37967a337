/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Encodings of texts that are not UTF-8 and do not say what they are in. */

/* @text as UTF-8 in each encoding that it can be in, the most likely first; each once (element-type
 * utf8). Empty for binary data only, since each byte is a letter of the last. */
GPtrArray *domuimg_encoding_list (const char *text, gsize length);
/* @text in the encoding that @name says, in the larger form that Windows has of it; NULL where that is not
 * known, or the text is not in it. */
char *domuimg_encoding_decode (const char *text, gsize length, const char *name);
