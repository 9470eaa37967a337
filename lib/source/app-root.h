/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/tree/tree.h"

/* The root that an application is taken from: a directory, an archive of a root, or the image of a
 * guest. It is only read. */
typedef struct _DomuimgAppRoot DomuimgAppRoot;

DomuimgAppRoot *domuimg_app_root_open (const char *path, GCancellable *cancellable, GError **error);
void domuimg_app_root_free (DomuimgAppRoot *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgAppRoot, domuimg_app_root_free)
DomuimgTree *domuimg_app_root_get_tree (DomuimgAppRoot *self);
