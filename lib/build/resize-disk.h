/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/guest/manifest.h"
#include "lib/repair/work.h"

/* One disk that gets another size: first looked at, then changed in a copy. */
typedef struct _DomuimgResizeDisk DomuimgResizeDisk;

/* Bytes of a disk that is to have @size: whole blocks of whatever is on it. */
guint64 domuimg_resize_round (guint64 size);
/* Nothing is changed. NOT_SUPPORTED, with the reason, for what cannot be resized. */
DomuimgResizeDisk *domuimg_resize_disk_open (const DomuimgManifestDisk *disk,
                                             GCancellable *cancellable, GError **error);
void domuimg_resize_disk_free (DomuimgResizeDisk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgResizeDisk, domuimg_resize_disk_free)
guint64 domuimg_resize_disk_get_size (DomuimgResizeDisk *self);
/* Whether it can have @size bytes, as far as that is known before. Changes nothing. */
gboolean domuimg_resize_disk_check (DomuimgResizeDisk *self, guint64 size, GError **error);
/* Whether it is not a file, of which a copy is changed, but a volume, which is changed where it is. */
gboolean domuimg_resize_disk_is_in_place (DomuimgResizeDisk *self);
/* Gives it *@size bytes, in the copy that @work puts in its place; a volume may become larger, and *@size
 * with it. One that has *@size already is filled by what is on it. */
gboolean domuimg_resize_disk_run (DomuimgResizeDisk *self, DomuimgRepairWork *work, guint64 *size,
                                  GError **error);
