/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/region.h"

/* A file that is shown to other programs through a socket, by NBD: for those that would open it by a
 * name, which it may not have. */
typedef struct _DomuimgShare DomuimgShare;

/* What it is called at the socket. */
#define DOMUIMG_SHARE_NAME "disk"

/* @region is all of a file. Starts nothing; the socket will lie in @directory. */
DomuimgShare *domuimg_share_new (DomuimgRegion *region, const char *directory);
/* Nothing where it was started before. */
gboolean domuimg_share_start (DomuimgShare *self, GError **error);
const char *domuimg_share_get_socket (DomuimgShare *self);
void domuimg_share_free (DomuimgShare *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgShare, domuimg_share_free)
