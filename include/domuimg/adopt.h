/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

#include <domuimg/types.h>

G_BEGIN_DECLS

DOMUIMG_API
char *domuimg_adopt (const char *what, gboolean replace, GCancellable *cancellable, GError **error);
DOMUIMG_API
char *domuimg_adopt_plan (const char *what, GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_adopt_async (const char *what, gboolean replace, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
char *domuimg_adopt_finish (GAsyncResult *result, GError **error);

G_END_DECLS
