/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/clone/clone-source.h"

/* How each disk of @source is copied for clones in @directory: by @name (nullable), else the cheapest way
 * that there is. An array for all disks, ended by NULL. */
const DomuimgCopyWay **domuimg_clone_choose_ways (const DomuimgCloneSource *source,
                                                  const char *directory, const char *name,
                                                  GError **error);
/* Whether disks can be copied in these ways to @directory, too. */
gboolean domuimg_clone_check_ways (const DomuimgCloneSource *source, const DomuimgCopyWay *const *ways,
                                   const char *directory, GError **error);
