/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/guest.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_REBUILD (domuimg_rebuild_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgRebuild, domuimg_rebuild, DOMUIMG, REBUILD, GObject)

DOMUIMG_API
DomuimgRebuild *domuimg_rebuild_new (const char *what, const char *dir);
DOMUIMG_API
void domuimg_rebuild_set_backend (DomuimgRebuild *self, DomuimgBackend backend);
DOMUIMG_API
void domuimg_rebuild_set_connect (DomuimgRebuild *self, const char *connect);
DOMUIMG_API
void domuimg_rebuild_set_root_password_file (DomuimgRebuild *self, const char *path);
DOMUIMG_API
void domuimg_rebuild_set_allow_unbootable (DomuimgRebuild *self, gboolean allow);
DOMUIMG_API
char *domuimg_rebuild_plan (DomuimgRebuild *self, GCancellable *cancellable, GError **error);
DOMUIMG_API
gboolean domuimg_rebuild_run (DomuimgRebuild *self, DomuimgProgress *progress,
                              GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_rebuild_run_async (DomuimgRebuild *self, DomuimgProgress *progress,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
DOMUIMG_API
gboolean domuimg_rebuild_run_finish (DomuimgRebuild *self, GAsyncResult *result, GError **error);
DOMUIMG_API
char **domuimg_rebuild_list_changes (DomuimgRebuild *self);
DOMUIMG_API
char *domuimg_rebuild_to_text (DomuimgRebuild *self);
DOMUIMG_API
char *domuimg_rebuild_to_json (DomuimgRebuild *self);

G_END_DECLS
