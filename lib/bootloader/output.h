/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a boot loader leaves to libxl: a copy of kernel and ramdisk in a directory, and their names
 * in a file. */

typedef enum {
  DOMUIMG_OUTPUT_SXP,
  DOMUIMG_OUTPUT_SIMPLE,  /* lines */
  DOMUIMG_OUTPUT_SIMPLE0, /* each ended by a NUL */
} DomuimgOutputFormat;

gboolean domuimg_output_format_parse (const char *text, DomuimgOutputFormat *format);
/* @ramdisk and @args are nullable; NULL with INVALID_ARGUMENT where the format cannot say them. */
GBytes *domuimg_output_format (DomuimgOutputFormat format, const char *kernel, const char *ramdisk,
                               const char *args, GError **error);

/* A file in a directory that goes with the process unless it is kept. */
typedef struct {
  int fd;       /* for reading and writing, by its owner */
  char *path;   /* (nullable) once it has a name */
  gboolean kept;
} DomuimgOutputFile;

gboolean domuimg_output_file_open (DomuimgOutputFile *self, const char *directory, GError **error);
/* A name DIRECTORY/PREFIX.XXXXXX. */
gboolean domuimg_output_file_name (DomuimgOutputFile *self, const char *directory,
                                   const char *prefix, GError **error);
void domuimg_output_file_clear (DomuimgOutputFile *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgOutputFile, domuimg_output_file_clear)

/* Into the file @path, or stdout for NULL. */
gboolean domuimg_output_write (const char *path, GBytes *text, GError **error);
/* A line on stderr, the guest's console. */
void domuimg_output_say (const char *format, ...) G_GNUC_PRINTF (1, 2);
