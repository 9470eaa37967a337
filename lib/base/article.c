/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which article goes before a word that a sentence is given. */
#include "config.h"
#include "lib/base/article.h"

#include <glib.h>
#include <string.h>

/* The one abbreviation here that begins with a consonant, and is spoken with a vowel before it. */
#define SPELT "hvm"

const char *
domuimg_article (const char *word)
{
  return g_ascii_strcasecmp (word, SPELT) == 0 || strchr ("aeio", g_ascii_tolower (*word)) != NULL
             ? "an"
             : "a";
}
