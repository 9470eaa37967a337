/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/tar-contents.h"
#include "lib/source/tar-order.h"
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

/* The directory of the archive that is the guest's root, normalised (nullable: its top): what lies
 * beside it is left out. Before the first entry. */
void domuimg_tar_set_root (DomuimgTar *self, const char *root);
/* The archive is a layer of a container image, which may be empty, and whose hard links may be to files of another
 * one: its entries come as they stand. Before the first entry. */
void domuimg_tar_set_layer (DomuimgTar *self);
/* (transfer none) What was seen of the archive so far, by its own names, and by those in the root. */
DomuimgTarContents *domuimg_tar_get_contents (DomuimgTar *self);
DomuimgTarOrder *domuimg_tar_get_order (DomuimgTar *self);
