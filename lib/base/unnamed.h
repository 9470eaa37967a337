/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* A descriptor of a new file, for reading and writing, in @directory (nullable: that for temporary
 * files). It has no name, so that nothing of it is left, whatever happens. -1 on error. */
int domuimg_unnamed_file (const char *directory, GError **error);
/* The same in memory, with @size bytes that read as zeros; @name is what ps(1) and its kin show. -1 with
 * errno. */
int domuimg_memory_file (const char *name, guint64 size);
/* The same with @length bytes of @data, to be read from the start. */
int domuimg_memory_file_of (const char *name, const void *data, gsize length);
