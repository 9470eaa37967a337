/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/undo.h"

/* Results lie in this directory, journals in its directory "state". */
extern char *undo_scratch;

/* Runs the test that @data is, a function without arguments, in a new directory. */
void undo_run (gconstpointer data);
/* (transfer full) Where @name is in it. */
char *undo_path (const char *name);
guint undo_count_files (const char *name);
void undo_write (const char *name, const char *text);
void undo_append (const char *name, const char *text);
/* NULL: there is no such file. */
void undo_assert_content (const char *name, const char *expected);
/* (transfer full) The temporary name of a result, with @text in it. */
char *undo_add_file (DomuimgUndo *undo, const char *path, const char *text, gboolean replace);
