/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which article goes before a word that a sentence is given. */
#include "config.h"
#include "lib/base/article.h"

#include <glib.h>
#include <string.h>

/* Of the abbreviations here, only this one begins with a consonant that is spoken with a vowel. */
#define SPELT "hvm"

const char *
domuimg_article (const char *word)
{
  return g_ascii_strcasecmp (word, SPELT) == 0 || strchr ("aeio", g_ascii_tolower (*word)) != NULL
             ? "an"
             : "a";
}
