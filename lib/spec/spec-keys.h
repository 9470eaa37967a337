/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "domuimg/spec.h"

/* Where a guest's SSH host keys come from. */
typedef enum {
  DOMUIMG_HOST_KEYS_FIRST_BOOT, /* the guest makes them when it first boots */
  DOMUIMG_HOST_KEYS_BUILD,      /* the host's ssh-keygen makes them now */
  DOMUIMG_HOST_KEYS_KEEP,       /* those that are there stay */
} DomuimgHostKeys;

/* How a value is read; what it means is kept with it, and nobody reads it again. One of the four. */
typedef struct {
  /* It is a text: whether it is valid. */
  gboolean (*check) (const char *key, const char *value, GError **error);
  /* It is a number: bytes, a count, a truth value or an enumeration. */
  gboolean (*read) (const char *key, const char *value, guint64 *number, GError **error);
  /* It is one of these words, ended by NULL: the number is the place of the word. */
  const char *const *words;
  /* It is more than that: NULL and an error where it is wrong. */
  gpointer (*parse) (const char *value, GError **error);
  GDestroyNotify free;
} DomuimgSpecReader;

/* One row for each key of a specification: the command line's options, the file's keys,
 * the Python keywords and the manual all come from here. */
typedef struct {
  const char *name;
  DomuimgSpecKind kind;
  const char *placeholder;
  const char *help; /* NULL: from rows of their own, which describe_rows () puts together */
  DomuimgSpecReader reader;
} DomuimgSpecKey;

/* NULL where there is no such key; "_" and "-" are the same in @name. */
const DomuimgSpecKey *domuimg_spec_key_find (const char *name);
/* What a value of @self means: the object of a key with a parser, else in @number. */
gboolean domuimg_spec_key_read (const DomuimgSpecKey *self, const char *value, guint64 *number,
                                gpointer *object, GError **error);

/* The same keys with the same values; values that were read are shared. */
DomuimgSpec *domuimg_spec_copy (DomuimgSpec *self);
/* The number that @key's value means; @fallback where it was not set. */
guint64 domuimg_spec_get_number (DomuimgSpec *self, const char *key, guint64 fallback);
/* (transfer none) (nullable) What @key's parser made of its first value; NULL where it was not set. */
gconstpointer domuimg_spec_get_object (DomuimgSpec *self, const char *key);
/* (element-type gpointer) (transfer container) The same of all values; empty where it was not set. */
GPtrArray *domuimg_spec_get_objects (DomuimgSpec *self, const char *key);
