/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/check/machine.h"

/* A key for an encrypted disk of the guest. */
typedef struct {
  char *device;  /* (nullable) "xvda2"; NULL: any */
  char *file;
  gboolean used; /* it has opened something, or was told of */
} DomuimgLuksKey;

/* "FILE" or "DISK:FILE"; the file can be read. */
DomuimgLuksKey *domuimg_luks_key_parse (const char *text, GError **error);
void domuimg_luks_key_free (DomuimgLuksKey *self);
/* Adds what is in the encrypted volumes of @image, the guest's disk @disk, to its volumes. */
void domuimg_check_unlock (DomuimgMachine *self, const char *disk, DomuimgImage *image, GPtrArray *volumes);
/* Reports the keys that no disk was there for. */
void domuimg_check_unused_keys (DomuimgMachine *self);
