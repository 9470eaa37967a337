/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* What a program in a guest needs in order to start. Only the parts of the file that say so are
 * read, since a guest's libraries are large. */
typedef struct {
  guint bits;         /* 32 or 64 */
  guint16 machine;    /* EM_386, ... */
  char *interpreter;  /* (nullable) absolute; none for a static program or a library */
  GPtrArray *needed;  /* (element-type utf8) names of libraries */
  char *rpath;        /* (nullable) as it stands; none where there is a RUNPATH, which replaces it */
  char *runpath;      /* (nullable) likewise */
  GPtrArray *imports; /* (element-type utf8) (nullable) names of symbols that others have to define */
} DomuimgElfNeeds;

/* NULL, with no error, where @path is not an ELF file; CORRUPT_INPUT. @path is followed. */
DomuimgElfNeeds *domuimg_elf_needs_read (DomuimgTree *tree, const char *path, GError **error);
/* The same with the imports, which takes a little longer. */
DomuimgElfNeeds *domuimg_elf_needs_read_imports (DomuimgTree *tree, const char *path,
                                                 GError **error);
void domuimg_elf_needs_free (DomuimgElfNeeds *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgElfNeeds, domuimg_elf_needs_free)
