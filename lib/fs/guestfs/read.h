/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/fs/guestfs/appliance.h"

/* Path in the appliance of what is at @path in the tree. */
char *domuimg_guestfs_path (const DomuimgMount *mount, const char *path);
/* These three implement methods of DomuimgTreeInterface. */
DomuimgEntry *domuimg_guestfs_stat (DomuimgGuestfs *appliance, DomuimgMount *mount,
                                    const char *path, GError **error);
/* What is in the directory is then known without another call. */
char **domuimg_guestfs_list (DomuimgGuestfs *appliance, DomuimgMount *mount, const char *path,
                             GError **error);
gssize domuimg_guestfs_read_at (DomuimgGuestfs *appliance, DomuimgMount *mount, const char *path,
                                guint64 offset, void *buffer, gsize length, GError **error);
/* Whether an attribute is no one's to set: another form of one that has a name of its own. */
gboolean domuimg_guestfs_is_shadow (const char *attribute);
