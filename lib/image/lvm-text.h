/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* LVM2's metadata, as its lib/config reads it: sections of settings, whose values are numbers, strings or
 * lists of them. */

/* (element-type utf8 GStrv) Each setting by its sections and name, "/vg/logical_volumes/root/segment_count",
 * with its value or values. CORRUPT_INPUT. */
GHashTable *domuimg_lvm_text_parse (const char *text, gsize length, GError **error);
/* (nullable) The only value of a setting. */
const char *domuimg_lvm_text_get (GHashTable *self, const char *section, const char *name);
/* The same as a number; FALSE where it is none, or larger than @max. */
gboolean domuimg_lvm_text_get_number (GHashTable *self, const char *section, const char *name,
                                      guint64 max, guint64 *number);
/* (transfer full) The names of the sections in @section, sorted. */
char **domuimg_lvm_text_list (GHashTable *self, const char *section);
