/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/app/closure.h"

/* Why each file of a guest is there, as a file beside the guest: JSON, an object a file. */

char *domuimg_reasons_write (DomuimgClosure *closure);

typedef struct _DomuimgReasons DomuimgReasons;

/* CORRUPT_INPUT. */
DomuimgReasons *domuimg_reasons_parse (const char *text, GError **error);
void domuimg_reasons_free (DomuimgReasons *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgReasons, domuimg_reasons_free)
/* (element-type utf8) The chain from @path to what was asked for, a line each. NOT_FOUND. */
GPtrArray *domuimg_reasons_explain (DomuimgReasons *self, const char *path, GError **error);
/* Whether @path, perhaps by symlinks, is among the files or a directory with some. */
gboolean domuimg_reasons_has (DomuimgReasons *self, const char *path);
