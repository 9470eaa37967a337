/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/stream.h"

/* A tar archive as a stream: ustar, GNU and pax formats, plain or compressed by gzip,
 * bzip2, xz, lzma, zstd, lz4 or compress(1); read by libarchive. */
#define DOMUIMG_TYPE_TAR (domuimg_tar_get_type ())
G_DECLARE_FINAL_TYPE (DomuimgTar, domuimg_tar, DOMUIMG, TAR, GObject)

/* Gets all that is read of an archive, as it comes. */
typedef gboolean (*DomuimgTarTee) (const void *data, gsize length, gpointer user_data,
                                   GError **error);

/* Reads from @fd, which stays the caller's; @name is for messages. @tee may be NULL. */
DomuimgStream *domuimg_tar_new (int fd, const char *name, DomuimgTarTee tee, gpointer tee_data,
                                GError **error);
