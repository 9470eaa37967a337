/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Makes @to, where nothing may be, a copy of the file @from with its owner, mode and extended
 * attributes: sharing its blocks where the filesystem can, else with its holes. NO_SPACE before
 * anything is written where it will not fit; PERMISSION where the owner cannot be kept. What an
 * error leaves of @to is the caller's to remove. */
gboolean domuimg_copy_file (const char *from, const char *to, GCancellable *cancellable,
                            GError **error);
/* The same as copy_file, with @content in place of the bytes of @from. */
gboolean domuimg_copy_file_as (const char *from, const char *to, const void *content, gsize length,
                               GError **error);

/* A part of a file to be copied. */
typedef struct {
  int in, out;
  guint64 from, to; /* where it is, and where it shall be */
  guint64 length;
  const char *name; /* of @in, for messages */
} DomuimgCopyExtent;

/* Copies what is not a hole of it, sharing its blocks where the filesystem can: where it goes, zeros
 * are. */
gboolean domuimg_copy_extent (const DomuimgCopyExtent *self, GCancellable *cancellable,
                              GError **error);

/* Makes the file @path, which is to get the name @name and has it in messages, of @text. */
gboolean domuimg_write_text (const char *path, const char *name, const char *text, GError **error);
