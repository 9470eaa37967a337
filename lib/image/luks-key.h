/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/image/image.h"

/* A key for an encrypted disk of a guest. */
typedef struct {
  char *device;  /* (nullable) "xvda2"; NULL: any */
  char *file;
  gboolean used; /* it was tried, or its disk told of as missing */
} DomuimgLuksKey;

/* "FILE" or "DISK:FILE"; the file can be read. */
DomuimgLuksKey *domuimg_luks_key_parse (const char *text, GError **error);
void domuimg_luks_key_free (DomuimgLuksKey *self);

/* Adds what is in the LUKS container @container, on the guest's disk @disk ("xvda"), to the volumes of
 * @image, to be written to if @writable: by the first of @keys (nullable, element-type DomuimgLuksKey)
 * that opens it. FALSE where one was for it, and none of them does. */
gboolean domuimg_luks_keys_unlock (GPtrArray *keys, DomuimgImage *image, const DomuimgVolume *container,
                                   const char *disk, gboolean writable, GError **error);
/* (unowned) (nullable) The next of them that no disk was there for, each once; *@why (transfer full) tells a
 * person. */
const DomuimgLuksKey *domuimg_luks_keys_find_unused (GPtrArray *keys, char **why);
