/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What has names that a transaction gives and takes: files, or the volumes of a volume manager, which
 * are named by the paths of their devices. */
typedef struct _DomuimgNames DomuimgNames;

struct _DomuimgNames {
  /* What domuimg_label_of () says of a file. */
  char *(*label) (const DomuimgNames *self, const char *path, GError **error);
  /* Completes an exchange of both that a kill interrupted, or takes it back. */
  void (*settle) (const DomuimgNames *self, const char *a, const char *b);
  /* What domuimg_rename_new () and domuimg_exchange () do with files; FALSE with errno. */
  gboolean (*rename_new) (const DomuimgNames *self, const char *from, const char *to);
  gboolean (*exchange) (const DomuimgNames *self, const char *a, const char *b);
  /* What domuimg_file_is_busy () says of a file. */
  gboolean (*is_busy) (const DomuimgNames *self, const char *path);
  /* FALSE with errno. */
  gboolean (*remove) (const DomuimgNames *self, const char *path);
  /* They lie in directories, and there are leases on them. */
  gboolean are_files;
};

extern const DomuimgNames domuimg_file_names;
