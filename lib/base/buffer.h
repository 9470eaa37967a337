/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* Bytes that grow by what a guest has: where there is no memory for them, that is an error, and not
 * the end of the process as with a GByteArray. */
typedef struct {
  guint8 *data;
  gsize length;
  gsize allocated;
} DomuimgBuffer;

/* Room for @room bytes more, and one. @name is what is read, for the message. */
gboolean domuimg_buffer_reserve (DomuimgBuffer *self, gsize room, const char *name, GError **error);
/* What is in it, with a NUL behind it that is not counted; @self is empty then. */
guint8 *domuimg_buffer_steal (DomuimgBuffer *self, gsize *length);
void domuimg_buffer_clear (DomuimgBuffer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DomuimgBuffer, domuimg_buffer_clear)
