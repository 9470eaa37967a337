/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* What a copy of a live root leaves out. */
typedef struct _DomuimgExcludes DomuimgExcludes;

/* NULL where @include names a group that there is not. */
DomuimgExcludes *domuimg_excludes_new (const char *const *include, const char *const *exclude,
                                       GError **error);
void domuimg_excludes_free (DomuimgExcludes *self);
/* @path is normalised. */
gboolean domuimg_excludes_match (DomuimgExcludes *self, const char *path);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgExcludes, domuimg_excludes_free)
