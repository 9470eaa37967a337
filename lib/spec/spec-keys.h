/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/spec.h"

/* One row for each key of a specification: the command line's options, the file's keys,
 * the Python keywords and the manual all come from here. */
typedef struct {
  const char *name;
  DomuimgSpecKind kind;
  const char *placeholder;
  /* Checks a single value. */
  gboolean (*check) (const char *key, const char *value, GError **error);
  const char *help; /* NULL: that of --from, which its sources tell */
  /* (nullable) What a value means, which a specification keeps with it; NULL with an error for a
   * value that is wrong. Then there is no check. */
  gpointer (*parse) (const char *value, GError **error);
  GDestroyNotify free_parsed;
} DomuimgSpecKey;

/* NULL where there is no such key; "_" and "-" are the same in @name. */
const DomuimgSpecKey *domuimg_spec_key_find (const char *name);
/* (element-type gpointer) (transfer container) What the values of @key mean, in their order, as the
 * parser of the key made it; empty where it was not set. */
GPtrArray *domuimg_spec_get_parsed (DomuimgSpec *self, const char *key);
