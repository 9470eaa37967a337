/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xl/file.h"

/* Expressions of Python that say what they are: strings, numbers, lists and tuples of them, names,
 * and + between them. */

typedef struct {
  DomuimgXlFile *file; /* with what was assigned before */
  const char *at;
  const char *end;
  const char *line_start;
  guint line;
  guint depth;  /* of brackets, in which lines go on */
  gsize budget; /* bytes that expressions have made so far */
  GError **error;
} DomuimgXmParser;

/* FALSE, with CORRUPT_INPUT or NOT_SUPPORTED at the place where the parser is. */
gboolean domuimg_xm_fail (DomuimgXmParser *self, const char *what);
gboolean domuimg_xm_refuse (DomuimgXmParser *self, const char *what);
/* Blanks, comments and joined lines; inside brackets, line ends, too. */
void domuimg_xm_skip (DomuimgXmParser *self);
void domuimg_xm_newline (DomuimgXmParser *self);
/* The length of the name that begins here, 0 for none. */
gsize domuimg_xm_name_length (const DomuimgXmParser *self);
/* NULL with an error. */
DomuimgXlValue *domuimg_xm_expression (DomuimgXmParser *self);
/* Takes @second: both put together, as + does. */
DomuimgXlValue *domuimg_xm_add (DomuimgXmParser *self, const DomuimgXlValue *first,
                                DomuimgXlValue *second);
