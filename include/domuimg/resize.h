/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * DomuimgResizeFlags:
 * @DOMUIMG_RESIZE_NONE: the disk may only grow
 * @DOMUIMG_RESIZE_SHRINK: it may become smaller, as far as its files let it
 * @DOMUIMG_RESIZE_DRY_RUN: only say what would be done
 *
 * How a disk is resized.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_RESIZE_NONE = 0,
  DOMUIMG_RESIZE_SHRINK = 1 << 0,
  DOMUIMG_RESIZE_DRY_RUN = 1 << 1,
} DomuimgResizeFlags;

#define DOMUIMG_TYPE_RESIZE (domuimg_resize_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgResize, domuimg_resize, DOMUIMG, RESIZE, GObject)

DOMUIMG_API
DomuimgResize *domuimg_resize_run (const char *what, const char *dir, const char *size,
                                   DomuimgResizeFlags flags, GCancellable *cancellable,
                                   GError **error);
DOMUIMG_API
void domuimg_resize_run_async (const char *what, const char *dir, const char *size,
                               DomuimgResizeFlags flags, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
DomuimgResize *domuimg_resize_run_finish (GAsyncResult *result, GError **error);
DOMUIMG_API
guint64 domuimg_resize_get_old_size (DomuimgResize *self);
DOMUIMG_API
guint64 domuimg_resize_get_new_size (DomuimgResize *self);
DOMUIMG_API
char *domuimg_resize_to_text (DomuimgResize *self);
DOMUIMG_API
char *domuimg_resize_to_json (DomuimgResize *self);

G_END_DECLS
