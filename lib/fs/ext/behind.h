/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* Writes data in a thread of its own: the kernel's work of taking it, about half of the time in which
 * a filesystem is filled, is done on another processor while the next data is read. */
typedef struct _DomuimgExtBehind DomuimgExtBehind;

/* The length of a buffer. */
#define DOMUIMG_EXT_BEHIND_SIZE (512 * 1024)

/* Is told how much was written, in that thread. */
typedef void (*DomuimgExtWritten) (gsize length, gpointer data);

/* NULL if there is one processor only, or no thread can be started. */
DomuimgExtBehind *domuimg_ext_behind_new (DomuimgRegion *region, DomuimgExtWritten written,
                                          gpointer data);
/* A buffer to be filled, once one is free. */
guint8 *domuimg_ext_behind_get_buffer (DomuimgExtBehind *self);
/* Has the first @length bytes of that buffer written to @at. FALSE, with errno, if writing has
 * failed, these bytes or others before. */
gboolean domuimg_ext_behind_write (DomuimgExtBehind *self, gsize length, guint64 at);
/* Returns when all is written; FALSE as above. */
gboolean domuimg_ext_behind_wait (DomuimgExtBehind *self);
/* What is not written by then is thrown away. */
void domuimg_ext_behind_free (DomuimgExtBehind *self);
