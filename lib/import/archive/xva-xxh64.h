/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* The checksum that newer XVAs have: XXH64 of xxHash's specification, with the seed 0. */
typedef struct {
  guint64 lanes[4];
  guint64 total;     /* bytes */
  guint8 rest[32];   /* of an unfinished stripe */
} DomuimgXxh64;

void domuimg_xxh64_init (DomuimgXxh64 *self);
void domuimg_xxh64_update (DomuimgXxh64 *self, const void *data, gsize length);
/* 16 hexadecimal digits. */
char *domuimg_xxh64_finish (DomuimgXxh64 *self);
