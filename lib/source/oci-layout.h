/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/oci-json.h"

/* Files of an image in a directory. */
typedef struct {
  const char *directory;
  const char *name; /* for messages */
} DomuimgOciLayout;

/* Whether the directory is one of OCI, or what docker save packs. */
gboolean domuimg_oci_layout_is (const char *directory);
/* Where the blob lies. */
char *domuimg_oci_layout_path (const DomuimgOciLayout *self, const char *digest);
/* A file of JSON: CORRUPT_INPUT where it is larger than any of them is. */
GBytes *domuimg_oci_layout_load (const DomuimgOciLayout *self, const char *path, GError **error);
/* The same of a blob, held against its digest. */
GBytes *domuimg_oci_layout_read (const DomuimgOciLayout *self, const DomuimgOciDescriptor *of, GError **error);
/* index.json, else Docker's manifest.json. */
GBytes *domuimg_oci_layout_load_index (const DomuimgOciLayout *self, gboolean *is_docker, GError **error);
/* Says of what lies at @path that it is not a regular file; FALSE. */
gboolean domuimg_oci_fail_kind (const char *path, const char *name, GError **error);
GChecksumType domuimg_oci_digest_type (const char *digest);

/* Unpacks an archive of an image, called @name, to @directory. Links in it become further names of files, and
 * none of them leads out of it. NOT_SUPPORTED where it holds no image. */
gboolean domuimg_oci_unpack (int fd, const char *name, const char *directory, GCancellable *cancellable,
                             GError **error);
