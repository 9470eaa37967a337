/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/base/base.h"

/* The directory of the cache, or with @name (nullable) one in it. */
char *domuimg_cache_path (const char *name);

/* Finished roots as compressed tar archives, for every source that makes them of packages. */
typedef struct _DomuimgRootCache DomuimgRootCache;

/* @request is all that was asked for, ended by NULL; @state a digest of what the mirrors have. */
DomuimgRootCache *domuimg_root_cache_new (char **request, const char *state);
void domuimg_root_cache_free (DomuimgRootCache *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DomuimgRootCache, domuimg_root_cache_free)
/* A descriptor of the archive, or -1 where there is none. */
int domuimg_root_cache_open (DomuimgRootCache *self);
/* Storing: begin, add the archive's bytes, then keep. Without keep nothing is left. */
gboolean domuimg_root_cache_begin (DomuimgRootCache *self, GError **error);
gboolean domuimg_root_cache_add (const void *data, gsize length, gpointer cache, GError **error);
gboolean domuimg_root_cache_keep (DomuimgRootCache *self, GError **error);
