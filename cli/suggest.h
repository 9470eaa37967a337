/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* (unowned) (nullable) The one of @words that is nearest to @word, if it is near. */
const char *cli_suggest (const char *word, const char *const *words);
/* Likewise an option, without its dashes, of those in the lines @help, which are changed. */
const char *cli_suggest_option (const char *word, char **help);
