/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Archives of cpio's newc format, one after another with zeros between them, as Linux
 * unpacks an initramfs (Documentation/driver-api/early-userspace/buffer-format.rst).
 * libarchive's reader stops at the first trailer and wants the whole input, so this walks
 * the headers itself. Bytes are pushed, in pieces of any size; file bodies are skipped. */
typedef struct _DomuimgCpio DomuimgCpio;

/* A file, its name without leading "./" or "/"; FALSE stops. @want_content: to be set to TRUE
 * where the body is wanted (and is under 4 MiB). */
typedef gboolean (*DomuimgCpioFile) (const char *name, gboolean *want_content,
                                     gpointer user_data, GError **error);
typedef void (*DomuimgCpioContent) (const char *name, GBytes *content, gpointer user_data);

DomuimgCpio *domuimg_cpio_new (const char *name, DomuimgCpioFile file,
                               DomuimgCpioContent content, gpointer user_data);
void domuimg_cpio_free (DomuimgCpio *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCpio, domuimg_cpio_free)

/* How many of the bytes are cpio's: fewer than @length only where no archive begins (see
 * domuimg_cpio_is_between), -1 on error. */
gssize domuimg_cpio_push (DomuimgCpio *self, const void *data, gsize length, GError **error);
/* The mode of the file that was told of last, with the bits of its kind. */
guint32 domuimg_cpio_get_mode (DomuimgCpio *self);
/* How many bytes to come are of no interest: the caller may leave them out, and say so. */
guint64 domuimg_cpio_get_skippable (DomuimgCpio *self);
void domuimg_cpio_skip (DomuimgCpio *self, guint64 length);
/* Whether an archive has ended, or none has begun. */
gboolean domuimg_cpio_is_between (DomuimgCpio *self);
/* Whether one or more archives have come, to the end. */
gboolean domuimg_cpio_is_complete (DomuimgCpio *self);
