/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fat/fat.h"

/* One name in a directory. */
typedef struct {
  char *name; /* UTF-8 */
  gboolean is_directory;
  guint32 first; /* cluster */
  guint32 size;  /* bytes, of files */
  gint64 mtime;  /* taken for UTC */
  guint slot, n_slots;
} DomuimgFatEntry;

void domuimg_fat_entry_free (DomuimgFatEntry *self);
/* (element-type DomuimgFatEntry) All but "." and ".." and the label. */
GPtrArray *domuimg_fat_parse_directory (const GByteArray *bytes);
/* Adds @entry, whose slots it sets, to @bytes; INVALID_ARGUMENT for a name that FAT cannot have. */
gboolean domuimg_fat_add_entry (GByteArray *bytes, DomuimgFatEntry *entry, GError **error);
void domuimg_fat_remove_entry (GByteArray *bytes, const DomuimgFatEntry *entry);
/* The slots "." and ".." of a new directory. */
GByteArray *domuimg_fat_new_directory (guint32 first, guint32 parent, gint64 mtime);
