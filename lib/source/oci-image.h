/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/oci-json.h"

/* One image of a directory: a layout of OCI, or what docker save packs. */

/* A layer, as it lies in a file. */
typedef struct {
  char *path;
  char *name;   /* for messages */
  char *digest; /* "sha256:…" of the file's bytes */
  guint64 size;
} DomuimgOciLayer;

typedef struct {
  char *digest;      /* of its manifest or, of docker save, of its configuration */
  DomuimgOciConfig *config;
  GPtrArray *layers; /* (element-type DomuimgOciLayer) the lowest first */
} DomuimgOciImage;

void domuimg_oci_image_free (DomuimgOciImage *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgOciImage, domuimg_oci_image_free)

/* Go's name of the architecture @given, Debian's or the machine's (nullable: this machine's). */
char *domuimg_oci_arch (const char *given);
/* The image of @tag (nullable: the only one) for Linux on @arch; everything that is read is held against its
 * digest, the layers not yet. @name is the image for messages. */
DomuimgOciImage *domuimg_oci_image_open (const char *directory, const char *name, const char *tag,
                                         const char *arch, GCancellable *cancellable, GError **error);
