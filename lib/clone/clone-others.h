/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What the guests of this host have that no clone may take: looked up once for all clones of a run. */
typedef struct _DomuimgCloneOthers DomuimgCloneOthers;

DomuimgCloneOthers *domuimg_clone_others_new (GError **error);
void domuimg_clone_others_free (DomuimgCloneOthers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgCloneOthers, domuimg_clone_others_free)

/* EXISTS where the file @path is another guest's than the one whose manifest is @manifest, BUSY where a guest's
 * disk lies over it. */
gboolean domuimg_clone_others_check_path (const DomuimgCloneOthers *self, const char *path,
                                          const char *manifest, GError **error);
/* EXISTS where another guest has it. */
gboolean domuimg_clone_others_check_uuid (const DomuimgCloneOthers *self, const char *uuid,
                                          const char *manifest, GError **error);
gboolean domuimg_clone_others_check_address (const DomuimgCloneOthers *self, const char *address,
                                             const char *manifest, GError **error);
