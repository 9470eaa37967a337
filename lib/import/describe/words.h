/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The words of the first command of a shell script, or of a file that holds it alone, whose
 * program @is_wanted; words before the program ("exec", "sudo", A=B) are left out. Quotes,
 * backslashes, continued lines and comments are as in a shell; nothing is expanded, and what would
 * be stays as it is written ("$DISK"). NULL and no error where there is none. */
char **domuimg_words_find_command (const char *text, const char *name,
                                   gboolean (*is_wanted) (const char *word), GError **error);
