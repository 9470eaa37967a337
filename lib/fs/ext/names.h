/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <ext2fs/ext2fs.h>

#include "lib/tree/entry.h"

/* The names that a writer has seen, small: about a hundred bytes an entry. */

typedef struct _DomuimgExtName DomuimgExtName;
struct _DomuimgExtName {
  DomuimgExtName *parent;
  DomuimgExtName *next;     /* in the parent, in the order of arrival */
  DomuimgExtName *children; /* of a directory */
  DomuimgExtName *last;
  const char *name;
  ext2_ino_t ino;
  guint32 subdirs;
  guint8 type; /* DomuimgEntryType */
  guint8 keep : 1; /* its blocks are mke2fs's and stay */
};

typedef struct {
  GHashTable *table;
  GStringChunk *strings;
  DomuimgExtName *root;
} DomuimgExtNames;

DomuimgExtNames *domuimg_ext_names_new (void);
void domuimg_ext_names_free (DomuimgExtNames *self);
DomuimgExtName *domuimg_ext_names_lookup (DomuimgExtNames *self, const char *path);
DomuimgExtName *domuimg_ext_names_lookup_in (DomuimgExtNames *self, DomuimgExtName *parent,
                                             const char *name, gsize length);
DomuimgExtName *domuimg_ext_names_add (DomuimgExtNames *self, DomuimgExtName *parent,
                                       const char *name, gsize length, DomuimgEntryType type,
                                       ext2_ino_t ino);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExtNames, domuimg_ext_names_free)
