/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/domain/xl-file.h"

#define DOMUIMG_XL_ANY 99

typedef struct {
  const char *name;
  int kind;    /* DomuimgXlKind, or DOMUIMG_XL_ANY */
  guint major; /* the release of Xen that brought it; 0: before 4.17 */
  guint minor;
} DomuimgXlKey;

/* NULL where no xl knows it. */
const DomuimgXlKey *domuimg_xl_key_find (const char *name);
/* The key that may be meant, NULL where none is close. */
const char *domuimg_xl_key_guess (const char *name);
