/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What stands behind each pair of _async and _finish: the blocking call, run in a thread. */

/* The blocking call. @self is the object, or NULL; @arguments are those of domuimg_async_start (). */
typedef gpointer (*DomuimgAsyncWork) (gpointer self, gpointer arguments, DomuimgProgress *progress,
                                      GCancellable *cancellable, GError **error);

/* Calls @work in a thread. @arguments (nullable) are freed when the call is over; a result nobody
 * asks for is freed by @free_result. Handlers of @progress (nullable) are called, like @callback,
 * in the main context of the caller. */
void domuimg_async_start (gpointer self, DomuimgAsyncWork work, gpointer arguments,
                          GDestroyNotify free_arguments, GDestroyNotify free_result,
                          DomuimgProgress *progress, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data);
/* The result, (transfer full), or NULL with the error of @work. */
gpointer domuimg_async_finish (gpointer self, GAsyncResult *result, GError **error);
