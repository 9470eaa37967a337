/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/repair/work.h"

/* One disk that gets another size: first looked at, then changed in a copy. */
typedef struct _DomuimgResizeDisk DomuimgResizeDisk;

/* Bytes of a disk that is to have @size: whole blocks of whatever is on it. */
guint64 domuimg_resize_round (guint64 size);
/* @format (nullable): as a manifest has it. Nothing is changed. */
DomuimgResizeDisk *domuimg_resize_disk_open (const char *path, const char *format,
                                             GCancellable *cancellable, GError **error);
void domuimg_resize_disk_free (DomuimgResizeDisk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgResizeDisk, domuimg_resize_disk_free)
guint64 domuimg_resize_disk_get_size (DomuimgResizeDisk *self);
/* Whether it can have @size bytes, as far as that is known before. Changes nothing. */
gboolean domuimg_resize_disk_check (DomuimgResizeDisk *self, guint64 size, GError **error);
/* Gives it @size bytes, in the copy that @work puts in its place. */
gboolean domuimg_resize_disk_run (DomuimgResizeDisk *self, DomuimgRepairWork *work, guint64 size,
                                  GError **error);
