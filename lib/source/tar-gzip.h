/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* gzip (RFC 1952), several members behind one another included, with its checksums. */
typedef struct _DomuimgGunzip DomuimgGunzip;

#define DOMUIMG_GUNZIP_HUNGRY (-2)

DomuimgGunzip *domuimg_gunzip_new (void);
void domuimg_gunzip_free (DomuimgGunzip *self);
/* @data must stay until it is asked for more; 0 bytes are the end of the file. */
void domuimg_gunzip_feed (DomuimgGunzip *self, const void *data, gsize length);
/* Decompressed bytes; 0 at the end, HUNGRY for more input, -1 with @problem. */
gssize domuimg_gunzip_next (DomuimgGunzip *self, const void **data, const char **problem);
