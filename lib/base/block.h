/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A block device of this host that a disk is made on. Its ends, where filesystems and partition tables
 * have what they are found by, are held back and written last, and the first page very last. */

/* Bytes that are held back at each end. */
#define DOMUIMG_BLOCK_HELD ((guint64) 1 << 20)

/* Whether @path is one, by whatever name. */
gboolean domuimg_block_is (const char *path);
/* The same by its place, too: a device that is not there must not become a file in /dev. */
gboolean domuimg_block_is_place (const char *path);
/* Opens the device as its only user: BUSY, with what uses it, where a filesystem, swap space or
 * another device does. PERMISSION where it is read-only. -1 on error. */
int domuimg_block_open (const char *path, gboolean writable, GError **error);
/* Bytes; FALSE, too, where it has none, as a device that is detached. */
gboolean domuimg_block_get_size (int fd, const char *path, guint64 *size, GError **error);
/* What tells the first page of @image from others, in hexadecimal digits; NULL on error. */
char *domuimg_block_digest (const DomuimgRegion *image, GError **error);
/* All of it reads as zeros then, and the first of them are on the disk. */
gboolean domuimg_block_zero (const DomuimgRegion *device, GCancellable *cancellable, GError **error);
/* Copies what was held back from @whole, in which it is, once all else is on the disk. */
gboolean domuimg_block_release (const DomuimgRegion *device, const DomuimgRegion *whole,
                                GError **error);
/* Zeros in the first page, on the disk. FALSE with errno. */
gboolean domuimg_block_clear_first (int fd);
/* The same if that page still has this digest, or is zeros. FALSE with errno: ENOENT where the
 * device is gone or holds something else. */
gboolean domuimg_block_take_back (const char *path, const char *digest);
