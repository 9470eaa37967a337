/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/volumes.h"

/* Volumes of ZFS, by its own program; a mark is a property of the user's. */

/* Below it lie their devices. */
#define DOMUIMG_ZFS_DIRECTORY "/dev/zvol"

/* Whether what is behind DOMUIMG_ZFS_DIRECTORY in @path can be the name of one. */
gboolean domuimg_zfs_check_path (const char *path, GError **error);
/* NO_SPACE where the pool has not @size bytes. */
gboolean domuimg_zfs_check_room (const char *path, guint64 size, GError **error);
/* Its device exists then. */
gboolean domuimg_zfs_create (const char *path, guint64 size, const char *mark,
                             GCancellable *cancellable, GError **error);
