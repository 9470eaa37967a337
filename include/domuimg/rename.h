/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <domuimg/guest.h>

G_BEGIN_DECLS

/**
 * DomuimgRenameFlags:
 * @DOMUIMG_RENAME_NONE: the guest's own host name stays
 * @DOMUIMG_RENAME_DRY_RUN: only say what would be done
 *
 * How a guest gets another name.
 *
 * Since: 0.1
 */
typedef enum {
  DOMUIMG_RENAME_NONE = 0,
  DOMUIMG_RENAME_DRY_RUN = 1 << 0,
} DomuimgRenameFlags;

DOMUIMG_API
char **domuimg_rename_guest (const char *what, const char *dir, const char *name,
                             DomuimgBackend backend, const char *connect, DomuimgRenameFlags flags,
                             GCancellable *cancellable, GError **error);
DOMUIMG_API
void domuimg_rename_guest_async (const char *what, const char *dir, const char *name,
                                 DomuimgBackend backend, const char *connect,
                                 DomuimgRenameFlags flags, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
DOMUIMG_API
char **domuimg_rename_guest_finish (GAsyncResult *result, GError **error);

G_END_DECLS
