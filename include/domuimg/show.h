/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/guest.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_SHOW (domuimg_show_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgShow, domuimg_show, DOMUIMG, SHOW, GObject)

DOMUIMG_API
DomuimgShow *domuimg_show_run (const char *what, const char *dir, DomuimgBackend backend,
                               const char *connect, GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_show_run_async (const char *what, const char *dir, DomuimgBackend backend,
                             const char *connect, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
DomuimgShow *domuimg_show_run_finish (GAsyncResult *result, GError **error);
DOMUIMG_API
const char *domuimg_show_get_name (DomuimgShow *self);
DOMUIMG_API
const char *domuimg_show_get_manifest_path (DomuimgShow *self);
DOMUIMG_API
DomuimgGuestState domuimg_show_get_state (DomuimgShow *self);
DOMUIMG_API
guint64 domuimg_show_get_disk_usage (DomuimgShow *self);
DOMUIMG_API
char *domuimg_show_to_text (DomuimgShow *self);
DOMUIMG_API
char *domuimg_show_to_json (DomuimgShow *self);

G_END_DECLS
