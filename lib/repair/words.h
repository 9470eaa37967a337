/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* KEY=VALUE among the words of a kernel's command line, as it stands in files of several kinds. */
typedef struct {
  const char *key;
  const char *value; /* (nullable) NULL: it is taken out */
  const char *old; /* (nullable) only where the value is this, or a variable; else any */
} DomuimgParameter;

/* The text with the parameter set, spacing and quotes of the other words as they were; appended
 * (before what is init's, "--") if it is missing. console= may appear several times and the
 * last one counts: it is added at the end, the others stay. */
char *domuimg_parameter_edit (const DomuimgParameter *self, const char *words);
/* Edits the parameter like domuimg_parameter_edit, but never appends it. */
char *domuimg_parameter_replace (const DomuimgParameter *self, const char *words);

/* Every line that begins with one of @commands (ended by NULL; any case) has the words after it,
 * and after @skip further ones, edited; where @old is given, lines without the key stay. */
char *domuimg_parameter_edit_lines (const DomuimgParameter *self, const char *text,
                                    const char *const *commands, guint skip);
/* VARIABLE="words" of a shell-like file, if it is there in one line. @append: whether the parameter
 * is put where it was not. */
char *domuimg_parameter_edit_assignment (const DomuimgParameter *self, const char *text,
                                         const char *variable, gboolean append);
/* What follows @prefix in each line that begins with it, edited as edit_lines does. */
char *domuimg_parameter_edit_after (const DomuimgParameter *self, const char *text,
                                    const char *prefix);
/* Whether the key, with any value, is among the words of VARIABLE. */
gboolean domuimg_parameter_is_assigned (const DomuimgParameter *self, const char *text,
                                        const char *variable);
/* kernelopts of GRUB's environment block, which keeps its size: NULL with NO_SPACE where that is
 * too small, CORRUPT_INPUT if it is not such a block. */
char *domuimg_parameter_edit_grubenv (const DomuimgParameter *self, const char *block,
                                      GError **error);
