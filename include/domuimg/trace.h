/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/progress.h>
#include <domuimg/types.h>

G_BEGIN_DECLS

DOMUIMG_API
char *domuimg_trace_run (const char *const *command, const char *const *environment,
                         DomuimgProgress *progress, GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_trace_run_async (const char *const *command, const char *const *environment,
                              DomuimgProgress *progress, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
char *domuimg_trace_run_finish (GAsyncResult *result, GError **error);

G_END_DECLS
