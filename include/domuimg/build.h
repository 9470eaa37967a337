/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <domuimg/progress.h>
#include <domuimg/result.h>
#include <domuimg/spec.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_BUILD (domuimg_build_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgBuild, domuimg_build, DOMUIMG, BUILD, GObject)

DOMUIMG_API
DomuimgBuild *domuimg_build_new (DomuimgSpec *spec);
DOMUIMG_API
void domuimg_build_set_terminal (DomuimgBuild *self, int in, int out);
DOMUIMG_API
DomuimgPlan *domuimg_build_get_plan (DomuimgBuild *self, GCancellable *cancellable, GError **error);
DOMUIMG_API
DomuimgRehearsal *domuimg_build_rehearse (DomuimgBuild *self, GCancellable *cancellable,
                                          GError **error);
DOMUIMG_API
DomuimgResult *domuimg_build_run (DomuimgBuild *self, DomuimgProgress *progress,
                                  GCancellable *cancellable, GError **error);

DOMUIMG_API
void domuimg_build_run_async (DomuimgBuild *self, DomuimgProgress *progress,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
DOMUIMG_API
DomuimgResult *domuimg_build_run_finish (DomuimgBuild *self, GAsyncResult *result, GError **error);

DOMUIMG_API
char **domuimg_cleanup (gboolean dry_run, GCancellable *cancellable, GError **error);
DOMUIMG_API
char **domuimg_cleanup_list_unfinished (GError **error);
DOMUIMG_API
char **domuimg_cleanup_discard (const char *id, GError **error);

G_END_DECLS
