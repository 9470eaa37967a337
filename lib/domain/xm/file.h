/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xl/file.h"

/* A file of xm, which was Python: assignments of what can be known without running anything
 * (numbers, strings that are put together, lists, names that were assigned before), as the
 * settings that xl would have for it. NOT_SUPPORTED, "NAME:LINE:COLUMN: ...", for what would have
 * to be run; CORRUPT_INPUT for what is no Python. */
DomuimgXlFile *domuimg_xm_file_parse (const char *text, gsize length, const char *name,
                                      GError **error);
/* Whether settings that xl would read, too, are meant for xm. */
gboolean domuimg_xm_file_is_one (DomuimgXlFile *file);
/* What xm's keys and values come to in xl: to be done once. */
void domuimg_xm_file_translate (DomuimgXlFile *file);
