/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/types.h>
#include <gio/gio.h>

G_BEGIN_DECLS

#define DOMUIMG_TYPE_KERNEL_UPDATE (domuimg_kernel_update_get_type ())
DOMUIMG_API
G_DECLARE_FINAL_TYPE (DomuimgKernelUpdate, domuimg_kernel_update, DOMUIMG, KERNEL_UPDATE, GObject)

DOMUIMG_API
DomuimgKernelUpdate *domuimg_kernel_update_run (const char *name, const char *dir,
                                                gboolean dry_run, GCancellable *cancellable,
                                                GError **error);
DOMUIMG_API
void domuimg_kernel_update_run_async (const char *name, const char *dir, gboolean dry_run,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
DOMUIMG_API
DomuimgKernelUpdate *domuimg_kernel_update_run_finish (GAsyncResult *result, GError **error);
DOMUIMG_API
gboolean domuimg_kernel_update_is_needed (DomuimgKernelUpdate *self);
DOMUIMG_API
const char *domuimg_kernel_update_get_old_version (DomuimgKernelUpdate *self);
DOMUIMG_API
const char *domuimg_kernel_update_get_new_version (DomuimgKernelUpdate *self);
DOMUIMG_API
char *domuimg_kernel_update_to_text (DomuimgKernelUpdate *self);
DOMUIMG_API
char *domuimg_kernel_update_to_json (DomuimgKernelUpdate *self);

G_END_DECLS
