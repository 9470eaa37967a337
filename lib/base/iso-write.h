/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Small ISO 9660 images of a few files, as seeds and answers for installers are handed to a guest. */

#define DOMUIMG_ISO_SECTOR 2048

typedef struct {
  char *path; /* relative; directories are made */
  GBytes *content;
} DomuimgIsoFile;

/* (element-type DomuimgIsoFile) No files yet. */
GPtrArray *domuimg_iso_files_new (void);
/* @content is taken. */
void domuimg_iso_files_add (GPtrArray *files, const char *path, GBytes *content);
/* Writes them to @fd, an empty file that messages call @name: with both name forms, Rock Ridge and
 * Joliet, and the volume label @label. root alone may read the files in it. The same files make the
 * same bytes. */
gboolean domuimg_iso_write (int fd, const char *name, const char *label, const GPtrArray *files,
                            GError **error);
