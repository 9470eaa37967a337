/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/spec.h"

/* One row for each key of a specification: the command line's options, the file's keys,
 * the Python keywords and the manual all come from here. */
typedef struct {
  const char *name;
  DomuimgSpecKind kind;
  const char *placeholder;
  /* NULL, or checks a single value. */
  gboolean (*check) (const char *key, const char *value, GError **error);
  const char *help; /* NULL: that of --from, which its sources tell */
} DomuimgSpecKey;

/* NULL where there is no such key; "_" and "-" are the same in @name. */
const DomuimgSpecKey *domuimg_spec_key_find (const char *name);
