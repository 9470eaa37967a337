/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/source/tar.h"

/* The bytes of a tar archive, unpacked whatever it is compressed by, each compression read to
 * its end so that all of its checksums are looked at. */
typedef struct _DomuimgTarInput DomuimgTarInput;

DomuimgTarInput *domuimg_tar_input_new (int fd, const char *name, DomuimgTarTee tee,
                                        gpointer tee_data, GError **error);
void domuimg_tar_input_free (DomuimgTarInput *self);
/* The next bytes, the input's until the next call; 0 at the end, -1 on error, which
 * domuimg_tar_input_take_error () then gives. */
gssize domuimg_tar_input_read (DomuimgTarInput *self, const void **data);
GError *domuimg_tar_input_take_error (DomuimgTarInput *self);
/* Passes over up to @length bytes where that is cheaper than reading; how many. */
guint64 domuimg_tar_input_skip (DomuimgTarInput *self, guint64 length);
/* Reads what the archive's reader leaves, for checksums and for who writes into a pipe. */
gboolean domuimg_tar_input_drain (DomuimgTarInput *self);
/* Bytes that came already, from @at on, as far as they are kept; how many. */
gsize domuimg_tar_input_again (DomuimgTarInput *self, guint64 at, guint8 *bytes, gsize max);
/* 0.0 to 1.0; -1 where the size is not known. */
double domuimg_tar_input_get_fraction (DomuimgTarInput *self);
