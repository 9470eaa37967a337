/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/elf/needs.h"

/* Where a guest's dynamic loader finds the libraries that a file needs: by ld.so(8), and for musl by
 * its manual. Everything is looked up in the tree, as the guest will see it. */

/* A program or library, and the one for which it was loaded. */
typedef struct _DomuimgElfObject DomuimgElfObject;
struct _DomuimgElfObject {
  char *path; /* resolved, without a leading slash */
  DomuimgElfNeeds *needs;
  const DomuimgElfObject *loader; /* (unowned) (nullable) */
};

DomuimgElfObject *domuimg_elf_object_new (const char *path, DomuimgElfNeeds *needs,
                                          const DomuimgElfObject *loader);
void domuimg_elf_object_free (DomuimgElfObject *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgElfObject, domuimg_elf_object_free)

typedef struct _DomuimgElfSearch DomuimgElfSearch;

/* For objects of the class and architecture of @first. */
DomuimgElfSearch *domuimg_elf_search_new (DomuimgTree *tree, const DomuimgElfNeeds *first);
void domuimg_elf_search_free (DomuimgElfSearch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgElfSearch, domuimg_elf_search_free)
/* (element-type utf8) The absolute paths, symlinks not followed, at which some processor finds
 * @name for @object: one, and those in directories of glibc-hwcaps before it. Empty: none does. */
GPtrArray *domuimg_elf_search_find (DomuimgElfSearch *self, const DomuimgElfObject *object,
                                    const char *name);
