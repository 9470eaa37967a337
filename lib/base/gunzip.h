/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* gzip (RFC 1952), several members behind one another included, with its checksums, which
 * libarchive's filter does not look at. */
typedef struct _DomuimgGunzip DomuimgGunzip;

#define DOMUIMG_GUNZIP_HUNGRY (-2)

DomuimgGunzip *domuimg_gunzip_new (void);
/* It ends after the first member, whatever follows. */
DomuimgGunzip *domuimg_gunzip_new_single (void);
void domuimg_gunzip_free (DomuimgGunzip *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgGunzip, domuimg_gunzip_free)
/* @data must stay until it is asked for more; 0 bytes are the end of the file. */
void domuimg_gunzip_feed (DomuimgGunzip *self, const void *data, gsize length);
/* Decompressed bytes; 0 at the end, HUNGRY for more input, -1 with @problem. */
gssize domuimg_gunzip_next (DomuimgGunzip *self, const void **data, const char **problem);

/* How much of what it was fed it did not take. */
gsize domuimg_gunzip_get_left (DomuimgGunzip *self);

/* Unpacks the gzip data that takes @length bytes at @offset of @path into @fd, an empty file, with
 * holes for zeros. Damaged data, and more than @limit bytes of it, are CORRUPT_INPUT. */
gboolean domuimg_gunzip_to (const char *path, guint64 offset, guint64 length, int fd,
                            guint64 limit, GCancellable *cancellable, GError **error);
