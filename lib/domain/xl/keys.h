/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xl/file.h"

/* A string or a list, or a word or a number. */
#define DOMUIMG_XL_ANY 99
#define DOMUIMG_XL_TYPE(type) (1u << (type))
#define DOMUIMG_XL_ALL_TYPES G_MAXUINT

typedef struct {
  const char *name;
  int kind;    /* DomuimgXlKind, or DOMUIMG_XL_ANY */
  guint types; /* of guests, in each of which xl looks for it */
  guint major; /* the release of Xen that brought it; 0: before 4.12 */
  guint minor;
  const char *instead; /* (nullable) what replaces it */
} DomuimgXlKey;

/* NULL where no xl knows it. */
const DomuimgXlKey *domuimg_xl_key_find (const char *name);
/* One after the other; NULL after the last. */
const DomuimgXlKey *domuimg_xl_key_at (guint index);
/* The one key that may be meant, NULL where none or several are close. */
const char *domuimg_xl_key_guess (const char *name);
