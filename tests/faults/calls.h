/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The kinds of system calls, by what may go wrong with them; a kind's number is its index. */
typedef struct {
  const char *name;
  const int *numbers; /* of its system calls, ended by -1 */
} Kind;

extern const Kind kinds[];
extern const guint n_kinds;

/* The index of a kind, or -1. */
int kind_find (const char *name);

/* Which argument of a call is a path, or -1: it has a descriptor, or neither. */
int call_get_path (int number);

/* Which argument of a call is the number of bytes (or buffers) that can be made smaller, or -1. */
int call_get_count (int number);

/* Whether it reads or writes a descriptor. */
gboolean call_is_transfer (int number);
