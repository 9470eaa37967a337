/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/fat/directory.h"

/* A directory as it was read; whoever changes its bytes forgets all directories. */
typedef struct {
  guint32 first; /* cluster */
  gboolean is_root;
  GByteArray *bytes;
  GPtrArray *entries; /* (element-type DomuimgFatEntry) */
  GHashTable *names;  /* (element-type utf8 DomuimgFatEntry) folded */
} DomuimgFatDirectory;

void domuimg_fat_directory_unref (DomuimgFatDirectory *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgFatDirectory, domuimg_fat_directory_unref)

/* (transfer none) (nullable) Names are the same whatever the case of their letters. */
DomuimgFatEntry *domuimg_fat_directory_find (const DomuimgFatDirectory *self, const char *name);

typedef struct _DomuimgFatDirectories DomuimgFatDirectories;

/* @fat has to stay. */
DomuimgFatDirectories *domuimg_fat_directories_new (DomuimgFat *fat);
void domuimg_fat_directories_free (DomuimgFatDirectories *self);
/* (transfer full) The directory that begins at cluster @first. */
DomuimgFatDirectory *domuimg_fat_directories_open (DomuimgFatDirectories *self, guint32 first,
                                                   GError **error);
void domuimg_fat_directories_forget (DomuimgFatDirectories *self);
